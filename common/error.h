/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_ERROR_H
#define KYSO_COMMON_ERROR_H

/* Leaves a trace at debug level where an unexpected failure starts or passes, and hands the value
 * through unchanged: `return kyso_trace(r);`. Expected outcomes (positive) pass silently. */

int kyso_trace_at(int result, const char *file, int line, const char *function);

#define kyso_trace(r) kyso_trace_at((r), __FILE__, __LINE__, __func__)
#define kyso_trace_errno() kyso_trace_at(-errno, __FILE__, __LINE__, __func__)

#endif
