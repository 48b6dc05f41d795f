// What percept lesson says beside the lessons' own texts.
#pragma once

#include "text.h"

namespace percept::app::text {

inline constexpr Words kAboutLesson{
    "Shows a lesson of the lecture: text, numbers as printed beside numbers as computed, figures. "
    "LESSON is list, gallery (lists the networks that made history), all, an id such as L07 or a "
    "name such as xor.",
    "显示课程的一课：文字、课件数值与计算数值的对照、图。LESSON 为 list、gallery（列出历史上的"
    "网络）、all、编号（如 L07）或名称（如 xor）。"};
inline constexpr Words kLessonArgument{"list, gallery, all, an id or a name. [list]",
                                       "list、gallery、all、编号或名称。[list]"};
inline constexpr Words kGallery{"The gallery: networks that made history",
                                "陈列室：历史上的神经网络"};
inline constexpr Words kLang{"Language of the lesson; by default the user's.",
                             "课文的语言；默认为用户的语言。"};
inline constexpr Words kLessonCheck{
    "Only compares: exit code 1 if a number is not what it should be.",
    "只做比较：有数值不符时退出码为 1。"};
inline constexpr Words kStep{
    "Waits for the reader, who is asked to predict a number before it is shown (terminal only).",
    "逐段显示，先请读者预测再给出数值（仅在终端）。"};
inline constexpr Words kLessonOut{
    "Also writes the page (Markdown), its data (JSON) and its figures (SVG, PNG).",
    "同时写出课文（Markdown）、数据（JSON）和图（SVG、PNG）。"};
inline constexpr Words kLessonDocs{
    "Only writes a page a lesson and an index (Markdown, SVG), in both languages: DIR/zh, DIR/en.",
    "只写出两种语言的课文和目录（Markdown、SVG）：DIR/zh、DIR/en。"};
inline constexpr Words kLecture{"Neural networks: the lessons", "神经网络：各课"};
inline constexpr Words kAboutIndex{
    "Each page is written by the program from the lesson that it runs: every number on it is "
    "computed.",
    "每一页都由程序运行该课后写出，页上的数值都是算出来的。"};
inline constexpr Words kAllLessons{"All lessons", "全部课程"};
inline constexpr Words kOtherLanguage{"中文", "English"};
inline constexpr Words kLessonEpoch{"Also shows the state after epoch N.",
                                    "另外显示第 N 轮之后的状态。"};
inline constexpr Words kLessonModel{"A run folder or model of your own to look into.",
                                    "要查看的自己的运行文件夹或模型。"};
inline constexpr Words kLessonSample{"The sample to follow. [0]", "要跟踪的样本。[0]"};
inline constexpr Words kLessonCsv{"A series of your own.", "自己的数据序列。"};
inline constexpr Words kLessonSeed{"Seed of what is drawn at random. [0]", "随机数种子。[0]"};
inline constexpr Words kLessonFull{"The whole training of a gallery entry, however long.",
                                   "完成陈列室条目的全部训练，不限时间。"};
inline constexpr Words kWithin{"within {:g} s", "{:g} 秒内"};
inline constexpr Words kPrinted{"printed", "课件"};
inline constexpr Words kGolden{"expected", "参考"};
inline constexpr Words kComputed{"computed", "计算"};
inline constexpr Words kNoteWord{"Note: ", "注："};
inline constexpr Words kFigureLine{"percept lesson {} --out DIR saves the figures",
                                   "percept lesson {} --out DIR 保存各图"};
inline constexpr Words kCounts{
    "printed numbers equal {} of {}, golden numbers equal {} of {}, notes {}",
    "课件数值相符 {}/{}，参考数值相符 {}/{}，注 {}"};
inline constexpr Words kDiffers{"{}, {}, {}: expected {}, computed {}",
                                "{}，{}，{}：应为 {}，计算得 {}"};
inline constexpr Words kDoesNotHold{"does not hold: {}", "不成立：{}"};
inline constexpr Words kCountsAndTime{"{}; {:.2f} s\n", "{}；{:.2f} 秒\n"};
inline constexpr Words kLegend{
    "printed: in the lecture; expected: found without percept; computed: by percept",
    "课件：课件印出的数；参考：不用 percept 得到的数；计算：percept 算出的数"};
inline constexpr Words kComputing{"{} {} is being computed, within {:g} s ...",
                                  "正在计算 {} {}，{:g} 秒内完成……"};
inline constexpr Words kPressEnter{"Enter to go on, q to stop: ", "按回车继续，q 退出："};
inline constexpr Words kToDecimals{" ({} decimals)", "（{} 位小数）"};
inline constexpr Words kToOneDecimal{" (1 decimal)", "（1 位小数）"};
inline constexpr Words kWhole{" (a whole number)", "（整数）"};
inline constexpr Words kToTens{" (to the nearest ten)", "（精确到十位）"};
inline constexpr Words kPredict{"Your prediction (Enter shows it, q stops): ",
                                "你的预测（回车看答案，q 退出）："};
inline constexpr Words kNoNumber{"not a number: {}\n", "不是数：{}\n"};
inline constexpr Words kPredicted{"predicted {} of {}", "预测正确 {}/{}"};
inline constexpr Words kNotKept{"{}; right answers are not kept", "{}；答对的问题没有保存"};

}  // namespace percept::app::text
