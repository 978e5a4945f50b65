/// @file version.h  What this is a build of.
#ifndef ENTRAIN_BASE_VERSION_H
#define ENTRAIN_BASE_VERSION_H

#define ENTRAIN_VERSION_TEXT "0.1.0"

#endif
