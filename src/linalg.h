// linalg.h — Cholesky, triangular solves, rank-one updates, symmetric eigen-decomposition. Row-major, lower triangles.
// Right-hand sides are the rows of X (m, n). Golub & Van Loan, Matrix Computations, 4th ed., §4.2, §6.5, §8.3.
#ifndef BL_LINALG_H
#define BL_LINALG_H

#include "arena.h"

int la_chol(double *A, int n);                  // A ← L, A = L·Lᵀ (lower; upper is zeroed); BL_NOT_PD
double la_chol_logdet(const double *L, int n);  // log det(L·Lᵀ)
void la_chol_solve(const double *L, double *X, int m, int n);  // X ← X·A⁻¹
void la_solve_lt(const double *L, double *X, int m, int n);    // X ← X·L⁻ᵀ   (row x: L⁻¹x)
void la_solve_l(const double *L, double *X, int m, int n);  // X ← X·L⁻¹   (row x: L⁻ᵀx; colours noise: cov A⁻¹)
int la_chol_update(double *L, int n, double *x, double sign,
                   bl_arena *scratch);  // L·Lᵀ + sign·x·xᵀ; x is destroyed; BL_NOT_PD: L as before
int la_eigh(double *A, double *w, int n, bl_arena *scratch);     // A symmetric → rows = eigenvectors; w ascending
int la_eigvals(double *A, double *w, int n, bl_arena *scratch);  // w ascending; A destroyed (its tridiagonal form)
double la_hypotenuse(double a, double b);                        // √(a² + b²) without overflow

#endif
