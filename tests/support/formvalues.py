# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values for every key that a form asks for, each other than the rest, so that one cannot be taken
for another."""

import json
import os

from formprint import placeholders
from formrules import fields_of, keys_of, texts_of

DATES = ('date', 'date-words', 'day', 'month', 'year', 'hour', 'minute', 'year-2')
NUMBERS = ('number', 'number-2', 'words')
ROWS = 3
LONG = 40       # words of a value of the form
LONG_CELL = 6   # of a row, which then still fits on a page


def merge(folder, name):
    with open(os.path.join(folder, name + '.json'), encoding='utf-8') as file:
        form = json.load(file)
    if 'base' not in form:
        return form
    whole = merge(folder, form['base'])
    fields = {**whole.get('fields', {}), **form.get('fields', {})}
    return {**whole, **form, 'fields': fields}


def all_fields(form):
    return [field for block in form['body'] for field in fields_of(block)]


def takes_rows(blocks):
    return any('each' in block or 'fixed-rows' not in block.get('table', {'fixed-rows': 0})
               for block in blocks)


class Values:
    def __init__(self, folder, name, audit_head):
        self.form = merge(folder, name)
        self.audit_head = audit_head
        self.keys = sorted(keys_of(self.form))
        self.styles = {key: style for text in texts_of(self.form)
                       for key, style in placeholders(text) if style}
        self.boxes = {}
        for field in all_fields(self.form):
            if 'as' in field:
                self.styles[field['key']] = field['as']
            if 'boxes' in field:
                self.boxes[field['key']] = list(field['boxes'])[-1]

    def value(self, key, number, long):
        style = self.styles.get(key)
        if key in self.boxes:
            return self.boxes[key]
        if style in DATES:
            return f'2017-{1 + number % 12:02d}-{1 + number % 28:02d}T08:05'
        if style in NUMBERS:
            return str(number)
        words = [f'Đặng Ưởng <{number}> & "x\'']
        if long:
            words += [f'{number}ẾÂđ{i}' for i in range(long)] + ['9A0B' * 16]
        return ' '.join(words)

    def set(self, start, long):
        return {key: self.value(key, start + i, long) for i, key in enumerate(self.keys)
                if key not in ('rows.count', 'row.number')}

    def of(self, kind):
        """KIND: empty, full or long."""
        if kind == 'empty':
            return {}
        long = kind == 'long'
        values = {'values': self.set(1000, long and LONG), 'audit-head': self.audit_head}
        if takes_rows(self.form['body']):
            values['rows'] = [self.set(2000 + 100 * i, long and LONG_CELL) for i in range(ROWS)]
        return values
