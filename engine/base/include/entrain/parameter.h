/// @file parameter.h  Named numbers that a phase model or a topology's generator asks of its user.
///
/// Where they are declared, an array: `static const entrain_parameter parameters[] = {{"stiffness", 1, 0, 10,
/// "pull of the second harmonic, rad/s"}};`. Where they are used, doubles in the same order: a scenario's
/// values, or the defaults, each checked against its range.
#ifndef ENTRAIN_PARAMETER_H
#define ENTRAIN_PARAMETER_H

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

#define ENTRAIN_PARAMETERS_MAX 32

typedef struct entrain_parameter {
    const char *name;    ///< 1 to 64 of a-z, 0-9, - and _
    double value;        ///< default, least to most
    double least, most;  ///< range, both ends included, finite
    const char *summary; ///< one line: meaning and unit
} entrain_parameter;

ENTRAIN_END_DECLS

#endif
