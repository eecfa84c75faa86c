/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_COMMON_AUDIT_CHAIN_H
#define KYSO_COMMON_AUDIT_CHAIN_H

/* How the records of the audit log hang together; the same for the daemon that writes them and for
 * whoever checks an exported log. A record is a line of JSON (UTF-8, no line break) that begins
 * {"seq":N,"at":SECONDS,"event":"WORD". Its hash is SHA-256 (FIPS 180-4) over the hash before it
 * (32 bytes, zeros before record 1) and the bytes of the line. A head names the newest record of a
 * moment: "SEQ:HEX" with the first 128 bits of its hash, upper-case. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macros.h"

#define KYSO_AUDIT_HASH 32           /* bytes */
#define KYSO_AUDIT_RECORD_MAX 16384U /* bytes of a line */
#define KYSO_AUDIT_EVENT_MAX 48U     /* bytes of an event's word, with its zero */
#define KYSO_AUDIT_HEAD_MAX 64U      /* bytes of a head as text, with its zero */
#define KYSO_AUDIT_HEAD_HASH 16      /* bytes of the hash in a head */

struct kyso_audit_line {
    const char *record; /* need not be followed by a zero */
    size_t length;
    uint64_t seq; /* the number it is kept or exported under; 0: not known */
    uint8_t hash[KYSO_AUDIT_HASH];
};

int kyso_audit_chain_hash(const uint8_t before[KYSO_AUDIT_HASH], const char *record, size_t length,
                          uint8_t ret_hash[KYSO_AUDIT_HASH]) KYSO_MUST_CHECK;

struct kyso_audit_front {
    uint64_t seq, at; /* AT: seconds since 1970 */
    char event[KYSO_AUDIT_EVENT_MAX];
};
/* The three fields that every record begins with; false (and all empty) when they are not there. */
bool kyso_audit_read_front(const char *record, size_t length, struct kyso_audit_front *ret_front);

/* Whether LINE is record WANTED after a record with the hash BEFORE. *RET_FRONT is filled in any
 * case. */
bool kyso_audit_line_fits(const struct kyso_audit_line *line, uint64_t wanted,
                          const uint8_t before[KYSO_AUDIT_HASH],
                          struct kyso_audit_front *ret_front);

struct kyso_audit_head {
    uint64_t seq;
    uint8_t hash[KYSO_AUDIT_HEAD_HASH];
};
void kyso_audit_head_write(uint64_t seq, const uint8_t hash[KYSO_AUDIT_HASH],
                           char ret_text[KYSO_AUDIT_HEAD_MAX]);
/* False for anything but what kyso_audit_head_write makes; hex digits of either case. */
bool kyso_audit_head_read(const char *text, struct kyso_audit_head *ret_head);

enum kyso_audit_head_state {
    KYSO_AUDIT_HEAD_FITS = 0,
    KYSO_AUDIT_HEAD_DIFFERS, /* the record is there, with another hash */
    KYSO_AUDIT_HEAD_MISSING, /* no such record: cut off */
    KYSO_AUDIT_HEAD_STATE_MAX
};
/* "fits", "differs", "missing". */
const char *kyso_audit_head_state_name(enum kyso_audit_head_state state);

/* ---- a whole log, line after line ---- */

#define KYSO_AUDIT_HEADS_MAX 32U

struct kyso_audit_finding {
    bool intact; /* every record fits and every head does; known after kyso_audit_examine_end */
    uint64_t records;   /* seen */
    uint64_t broken;    /* how many do not fit */
    uint64_t broken_at; /* number of the first of them; 0: none */
    size_t n_heads;
    enum kyso_audit_head_state heads[KYSO_AUDIT_HEADS_MAX]; /* as they were added */
};

struct kyso_audit_examination {
    uint64_t next; /* number wanted */
    uint8_t before[KYSO_AUDIT_HASH];
    struct kyso_audit_head wanted[KYSO_AUDIT_HEADS_MAX];
    struct kyso_audit_finding finding;
};
void kyso_audit_examine_begin(struct kyso_audit_examination *examination);
/* A head that must be found; false when it is none or there are too many. */
bool kyso_audit_examine_head(struct kyso_audit_examination *examination, const char *head);
/* Whether LINE fits what came before. */
bool kyso_audit_examine_line(struct kyso_audit_examination *examination,
                             const struct kyso_audit_line *line,
                             struct kyso_audit_front *ret_front);
const struct kyso_audit_finding *kyso_audit_examine_end(struct kyso_audit_examination *examination);

#endif
