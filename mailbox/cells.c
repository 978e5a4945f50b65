// Memory for cells.
#include "mailbox/cells.h"

entrain_status entrain__cells_take(entrain__cells *cells, entrain__arena *arena, uint32_t count,
                                   uint64_t slot_count, bool many) {
    if (slot_count > UINT32_MAX)
        return ENTRAIN_LIMIT;
    *cells = (entrain__cells){
        .cells = entrain__arena_take(arena, count, sizeof *cells->cells),
        .slots = entrain__arena_take(arena, slot_count, sizeof *cells->slots),
        .count = count,
        .many = many,
        .bytes = count * sizeof *cells->cells + slot_count * sizeof *cells->slots,
    };
    return cells->cells != NULL && cells->slots != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}
