/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_CLIENT_CLAUSE_H
#define KYSO_CLIENT_CLAUSE_H

/* Spells a clause identifier ("BD17-19.2c.s1") out for people. */

/* A malloced text such as "BD17-19.2c.s1 (Article 19, clause 2, point c, sentence 1; Bình Dương,
 * Decision 12/2017/QĐ-UBND)", in the user's language; CLAUSE alone when its form is not known. Null
 * without memory. */
char *kyso_clause_spell(const char *clause);

#endif
