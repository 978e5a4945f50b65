/// @file plugins.h  --load: shared objects that bring policies, models and topologies (entrain/plugin.h).
#ifndef ENTRAIN_SIMS_PLUGINS_H
#define ENTRAIN_SIMS_PLUGINS_H

#include <stdint.h>

#include "entrain/status.h"

/// Loads the file at @p path, which is never searched for elsewhere, and lets it register what it brings. One
/// that is loaded already is left alone. It stays until the process ends, after a refusal too. The main
/// thread, before there are others.
entrain_status plugins_load(const char *path, entrain_error *error_out);
/// The absolute path of the @p index-th plug-in, in the order of loading, or NULL past the end.
const char *plugins_at(uint32_t index);

#endif
