// Everything of percept::plot.
#pragma once

#include "percept/plot/axes.h"
#include "percept/plot/bars.h"
#include "percept/plot/color.h"
#include "percept/plot/curves.h"
#include "percept/plot/figure.h"
#include "percept/plot/graph.h"
#include "percept/plot/grid.h"
#include "percept/plot/image.h"
#include "percept/plot/marks.h"
#include "percept/plot/matrix.h"
#include "percept/plot/network.h"
#include "percept/plot/pictures.h"
#include "percept/plot/surface.h"
#include "percept/plot/terminal.h"
#include "percept/plot/text.h"
