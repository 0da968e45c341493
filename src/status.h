// status.h — what can go wrong, one line each: the C name, the code JavaScript shows, and the sentence.
// Every function of the core that can fail returns one of these as an int; 0 is success. Whoever knows the numbers
// (the binding) puts "got … expected …" in front of the sentence; the sentence says what to do.
#ifndef BL_STATUS_H
#define BL_STATUS_H

#define BL_STATUS_ROWS(X)                                                                                            \
  X(BL_OK, "OK", "No error.")                                                                                        \
  X(BL_OPTION, "ERR_OPTION", "An option is outside its range; see its documentation.")                               \
  X(BL_SHAPE, "ERR_SHAPE", "An array has the wrong length; check rows and columns.")                                 \
  X(BL_NOT_FINITE, "ERR_NOT_FINITE", "A number is NaN or infinite; clean the input before passing it.")              \
  X(BL_DIVERGED, "ERR_NOT_FINITE",                                                                                   \
    "The objective became NaN or infinite; lower the learning rate or scale the inputs.")                            \
  X(BL_LABEL, "ERR_LABEL", "A target does not suit the likelihood; check its range and the outputs.")                \
  X(BL_NOT_FITTED, "ERR_NOT_FITTED", "The posterior has not been fitted; call fit(X, y), or reset() for the prior.") \
  X(BL_NOT_PD, "ERR_NOT_POSITIVE_DEFINITE",                                                                          \
    "The posterior precision is not positive definite; raise the prior precision.")                                  \
  X(BL_MEMORY, "ERR_OUT_OF_MEMORY", "Not enough memory for these sizes; use fewer rows or parameters.")              \
  X(BL_UNSUPPORTED, "ERR_UNSUPPORTED", "This combination of options has no meaning; choose another.")                \
  X(BL_FORMAT, "ERR_FORMAT", "The bytes are not a saved object of this library, or are damaged.")

#define BL_STATUS_NAME(name, code, text) name,
typedef enum { BL_STATUS_ROWS(BL_STATUS_NAME) BL_STATUS_COUNT } bl_status;
#undef BL_STATUS_NAME

const char *bl_status_code(int status);  // "ERR_OPTION"; unknown numbers give "ERR_OPTION" too
const char *bl_status_text(int status);  // the sentence

#endif
