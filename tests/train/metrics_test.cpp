// Metrics against numbers worked out by hand and by scikit-learn 1.2 (named where used).
#include "percept/train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/base/error.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept::train {
namespace {

// Six samples, three classes: predicted 0 1 2 0 1 1, true 0 1 2 1 1 0.
Tensor scores() {
  return tensor({{3.0, 1.0, 0.0},
                 {0.0, 2.0, 1.0},
                 {0.0, 1.0, 4.0},
                 {5.0, 4.0, 1.0},
                 {0.1, 0.3, 0.2},
                 {1.0, 3.0, 2.0}});
}
Tensor classes() { return tensor({0, 1, 2, 1, 1, 0}); }

TEST(Metrics, AccuracyAndTopK) {
  EXPECT_DOUBLE_EQ(accuracy(scores(), classes()), 4.0 / 6);
  EXPECT_DOUBLE_EQ(topk_accuracy(scores(), classes(), 1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(topk_accuracy(scores(), classes(), 2), 5.0 / 6);
  EXPECT_DOUBLE_EQ(topk_accuracy(scores(), classes(), 3), 1);
  EXPECT_TRUE(std::isnan(accuracy(empty({0, 3}), empty({0}, {.dtype = i64}))));
}

TEST(Metrics, RegressionAsScikitLearn) {
  // The example of sklearn.metrics.r2_score: 0.9486081370449679; mean_absolute_error: 0.5.
  const Tensor truth = tensor({3.0, -0.5, 2.0, 7.0}), predicted = tensor({2.5, 0.0, 2.0, 8.0});
  EXPECT_NEAR(r2_score(predicted, truth), 0.9486081370449679, 1e-12);
  EXPECT_NEAR(mean_absolute_error(predicted, truth), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(r2_score(truth, truth), 1);
  EXPECT_TRUE(std::isnan(r2_score(predicted, full({4}, 2.0))));  // targets that do not vary
}

TEST(Metrics, ConfusionMatrix) {
  ConfusionMatrix confusion(3);
  // In two parts: once by scores, once by classes.
  confusion.add(scores().narrow(0, 0, 4), classes().narrow(0, 0, 4));
  confusion.add(tensor({1, 1}), classes().narrow(0, 4, 2));
  const std::int64_t expected[3][3] = {{1, 1, 0}, {1, 2, 0}, {0, 0, 1}};
  for (int truth = 0; truth < 3; ++truth)
    for (int c = 0; c < 3; ++c) EXPECT_EQ(confusion.count(truth, c), expected[truth][c]);
  EXPECT_EQ(confusion.total(), 6);
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 4.0 / 6);

  const auto rows = confusion.per_class({"a", "b"});
  EXPECT_EQ(rows[0].name, "a");
  EXPECT_EQ(rows[2].name, "2");
  EXPECT_EQ(rows[1].samples, 3);
  EXPECT_DOUBLE_EQ(rows[0].precision, 0.5);
  EXPECT_DOUBLE_EQ(rows[1].precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rows[1].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rows[0].f1, 0.5);
  EXPECT_DOUBLE_EQ(rows[2].f1, 1);
}

TEST(Metrics, ClassThatNeverCame) {
  ConfusionMatrix confusion(3);
  confusion.add(tensor({0, 0}), tensor({0, 1}));
  const auto rows = confusion.per_class();
  EXPECT_TRUE(std::isnan(rows[2].recall));
  EXPECT_TRUE(std::isnan(rows[2].precision));
  EXPECT_DOUBLE_EQ(rows[1].recall, 0);
}

TEST(Metrics, WrongCalls) {
  EXPECT_EQ(thrown<ShapeError>([] {
              accuracy(scores(), tensor({0, 1}));
            }),
            "accuracy: expects scores (N, C) and classes (N), found [6, 3] and [2]");
  EXPECT_NE(thrown<DtypeError>([] { accuracy(scores(), zeros({6})); }).find("must be i64"),
            std::string::npos);
  EXPECT_EQ(thrown<ValueError>([] { topk_accuracy(scores(), classes(), 4); }),
            "topk_accuracy: k must lie between 1 and the 3 classes, found 4");
  EXPECT_EQ(thrown<ShapeError>([] { r2_score(zeros({2}), zeros({3})); }),
            "r2_score: predictions [2] and targets [3] must have one shape");
  EXPECT_EQ(thrown<ValueError>([] { ConfusionMatrix confusion(1); }),
            "ConfusionMatrix: needs at least 2 classes, found 1");
  ConfusionMatrix confusion(2);
  EXPECT_EQ(thrown<IndexError>([&] {
              confusion.add(tensor({0, 1}), tensor({0, 2}));
            }),
            "ConfusionMatrix: class 2 of sample 1 is outside [0, 2)");
  EXPECT_EQ(confusion.total(), 0);  // nothing was counted
}

}  // namespace
}  // namespace percept::train
