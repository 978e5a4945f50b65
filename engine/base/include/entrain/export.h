/// @file export.h  What every public header opens with: visibility, and C linkage for C++ readers.
#ifndef ENTRAIN_EXPORT_H
#define ENTRAIN_EXPORT_H

#if defined(__GNUC__)
#define ENTRAIN_API __attribute__((visibility("default")))
#define ENTRAIN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define ENTRAIN_API
#define ENTRAIN_PRINTF(text, first)
#endif

#ifdef __cplusplus
#define ENTRAIN_BEGIN_DECLS extern "C" {
#define ENTRAIN_END_DECLS }
#else
#define ENTRAIN_BEGIN_DECLS
#define ENTRAIN_END_DECLS
#endif

#endif
