// Confirmed cases of COVID-19 in the world, added up since 2020-01-22: one row a week.
//
// World totals of every seventh day from the COVID-19 Data Repository by the Center for Systems
// Science and Engineering (CSSE) at Johns Hopkins University,
// https://github.com/CSSEGISandData/COVID-19, CC BY 4.0
// (https://creativecommons.org/licenses/by/4.0/); described in Dong, Du, Gardner: An interactive
// web-based dashboard to track COVID-19 in real time. Lancet Infectious Diseases 20 (2020) 533-534.
#pragma once

#include "percept/data/csv.h"

namespace percept::lessons {

/// 83 rows: day (0, 7, ... 574), date, cases.
data::Table epidemic();

}  // namespace percept::lessons
