// status.c — the error table of status.h, read by number.
#include "status.h"

#define BL_STATUS_CODE(name, code, text) code,
#define BL_STATUS_TEXT(name, code, text) text,
static const char *const codes[] = {BL_STATUS_ROWS(BL_STATUS_CODE)};
static const char *const texts[] = {BL_STATUS_ROWS(BL_STATUS_TEXT)};

static int known(int status) { return status >= 0 && status < BL_STATUS_COUNT ? status : BL_OPTION; }

const char *bl_status_code(int status) { return codes[known(status)]; }
const char *bl_status_text(int status) { return texts[known(status)]; }
