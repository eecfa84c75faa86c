# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a form prints while nothing is known, as one text in printed order, with a BLANK for every
value; and whether that is what an instrument prints."""

import re
import unicodedata

BLANK = '□'
NATION = 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM'
MOTTO = 'Độc lập - Tự do - Hạnh phúc'
# What may stand in a text without an entry in "fields": its source and what it is called.
KNOWN = {'org.superior': ('ORG', ''), 'org.name': ('ORG', ''), 'doc.number': ('IN', ''),
         'doc.place': ('ORG', 'Địa danh'), 'doc.date': ('CLK', ''), 'rows.count': ('LOG', ''),
         'row.number': ('FIX', '')}
PLACEHOLDER = re.compile(r'\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}')
DOTS = re.compile(r'\.{2,}(?:/\.{2,})*')


def placeholders(text):
    """[(key, style)], style None where none is given."""
    return [(match[1], match[2]) for match in PLACEHOLDER.finditer(text) if match[1] is not None]


def plain(name):
    """A placeholder's name for comparing: < Tên CQ > and <tên CQ> are the same."""
    return ' '.join(name.casefold().split())


class Wanted:
    """A line of the instrument."""

    def __init__(self, kind, text, sources):
        self.kind = kind
        self.text = text
        self.sources = sources
        self.names = []

    def name(self, match):
        names = [name for name in match.groups() if name]
        self.names.append(plain(names[0]) if names else None)
        return BLANK

    def pattern(self):
        """The text with blanks; self.names then has the name of each, or None."""
        text = unicodedata.normalize('NFC', self.text)
        # "Số, ký hiệu" is filled in as "Số: 12/TTr-STTTT" (kyso-form(5), HEADING).
        if self.kind == 'heading' and re.match(r'<Số, [Kk]ý hiệu>$', text):
            text = 'Số: ...'
        self.names = []
        places = '<([^<>]*)>|' + DOTS.pattern
        if self.kind == 'addressee':
            places += r'|(?<=: )\(([^()]*)\)'
        text = re.sub(places, self.name, text)
        return re.sub(f' *{BLANK} *', BLANK, text)


class Blank:
    def __init__(self, sources, label):
        self.sources = sources
        self.label = plain(label) if label else ''


class Print:
    def __init__(self, form):
        self.fields = form.get('fields', {})
        self.text = []
        self.kinds = []     # of each letter
        self.items = []     # which item each letter belongs to
        self.blanks = {}    # by where they stand
        self.item = 0
        self.row = 1
        self.form(form)
        self.text = ''.join(self.text)

    # ---- building ----

    def letter(self, kind, letter):
        after_blank = self.text and self.text[-1] == BLANK
        if letter == ' ' and (after_blank or not self.text):
            return
        while letter == BLANK and self.text and self.text[-1] == ' ':
            for letters in (self.text, self.kinds, self.items):
                letters.pop()
        self.text.append(letter)
        self.kinds.append(kind)
        self.items.append(self.item)

    def blank(self, kind, sources, label):
        self.letter(kind, BLANK)
        self.blanks[len(self.text) - 1] = Blank(sources, label)

    def literal(self, kind, text):
        end = 0
        for match in DOTS.finditer(text):
            for letter in text[end:match.start()]:
                self.letter(kind, letter)
            self.blank(kind, set(), None)
            end = match.end()
        for letter in text[end:]:
            self.letter(kind, letter)

    def sources(self, key):
        return {self.fields[key]['source'] if key in self.fields else KNOWN.get(key, '?')[0]}

    def expand(self, kind, text):
        end = 0
        for match in PLACEHOLDER.finditer(text):
            self.literal(kind, text[end:match.start()])
            end = match.end()
            if match[1] is None:
                self.literal(kind, match[0][0])
                continue
            if match[1] == 'row.number':
                self.literal(kind, str(self.row))
                continue
            label = self.fields.get(match[1], {}).get('label') or KNOWN[match[1]][1]
            shape = 'ngày □ tháng □ năm □' if match[2] == 'date-words' else BLANK
            for letter in shape:
                if letter == BLANK:
                    self.blank(kind, self.sources(match[1]), label)
                else:
                    self.letter(kind, letter)
        self.literal(kind, text[end:])

    def next(self, kind):
        self.item += 1
        self.letter(kind, ' ')

    def line(self, kind, line):
        self.next(kind)
        self.expand(kind, line if isinstance(line, str) else line['text'])

    def lines(self, kind, lines):
        for line in lines:
            self.line(kind, line)

    def known_by(self, field):
        """The sources of what a field shows."""
        if 'source' in field:
            return {field['source']}
        return {source for key, _ in placeholders(field.get('value', ''))
                for source in self.sources(key)}

    def field(self, field):
        self.next('label')
        self.literal('label', field['label'])
        if 'boxes' in field:
            self.blank('label', {field['source']}, None)
            self.next('text')
            self.literal('text', ' '.join(f'☐ {label}' for label in field['boxes'].values()))
        elif 'key' in field:
            self.blank('label', {field['source']}, None)
        elif 'value' in field:
            self.expand('label', field['value'])
        for end in ('after', 'domain'):
            if end in field:
                self.next('text')
                self.literal('text', field[end])

    def column(self, column):
        if 'group' in column:
            self.next('group')
            self.literal('group', column['group'])
            for inner in column['columns']:
                self.column(inner)
            return
        self.next('column')
        self.literal('column', column['label'])
        if 'key' in column or 'value' in column:
            self.blank('column', self.known_by(column), None)

    def table(self, table):
        for column in table['columns']:
            self.column(column)
        for row in table.get('fixed-rows', []):
            self.line('label', row[0])
            for cell in row[1:]:
                sources = {source for key, _ in placeholders(cell) for source in self.sources(key)}
                self.blank('label', sources, None)

    def each(self, blocks):
        """As the instruments show a repetition: the first in full, the second by its beginning."""
        for block in blocks:
            self.block(block)
        self.row = 2
        head = re.sub(r'^\{row\.number\}', '2', blocks[0]['text'])
        self.next('text')
        self.literal('text', PLACEHOLDER.split(head)[0])
        self.blank('text', set(), None)
        self.row = 1

    def block(self, block):
        if 'text' in block:
            self.line('text', block)
        elif 'section' in block:
            self.line('text', block['section'])
        elif 'line' in block:
            for field in block['line']:
                self.field(field)
        elif 'table' in block:
            self.table(block['table'])
        else:
            self.each(block['each'])

    def form(self, form):
        head = form.get('head', {})
        self.lines('heading', head.get('agency', []))
        if head.get('national'):
            self.lines('heading', [NATION, MOTTO])
        self.lines('heading', head.get('number', []))
        self.lines('heading', [head['date']] if 'date' in head else [])
        self.lines('title', form.get('title', []))
        self.lines('addressee', [form['addressee']] if 'addressee' in form else [])
        for block in form['body']:
            self.block(block)
        for side in ('left', 'right'):
            block = form.get('signatures', {}).get(side, {})
            for name in ('date', 'heading'):
                self.lines('signature', [block[name]] if name in block else [])
            for name in ('title', 'how', 'recipients'):
                self.lines('signature', block.get(name, []))
        notes = form.get('notes', {})
        self.lines('note', [notes['heading']] if 'heading' in notes else [])
        self.lines('note', notes.get('lines', []))

    # ---- comparing ----

    def skip(self, at):
        while at < len(self.text) and self.text[at] in (' ', BLANK):
            at += 1
        return at

    def found_sources(self, start, end):
        """What knows the values from START to END, and the value that belongs right behind."""
        places = [at for at in range(start, end) if at in self.blanks]
        if end in self.blanks and self.items[end] == self.items[end - 1]:
            places.append(end)
        return {source for at in places for source in self.blanks[at].sources}

    def complain(self, line, start, end):
        kind = self.kinds[start]
        bodies = ('label', 'text')
        if kind != line.kind and not (kind in bodies and line.kind in bodies):
            return f'"{line.text}" is a {kind}, not a {line.kind}'
        found = self.found_sources(start, end)
        expected = set() if line.sources == 'FIX' else set(line.sources.split(','))
        right = found <= expected and bool(found) == bool(expected)
        if line.sources != '-' and not right:
            return f'"{line.text}": source {sorted(found)}, not {line.sources}'
        places = [at for at in range(start, end) if at in self.blanks]
        for at, name in zip(places, line.names):
            if name and line.kind != 'heading' and self.blanks[at].label != name:
                return f'"{line.text}": <{name}> is called "{self.blanks[at].label}"'
        return None

    def instruction(self, line, at, done):
        """An instruction instead of a name in brackets ("Chức danh của ...") is a placeholder all
        the same, named by it. Returns what of its name is printed by now, or None."""
        at = at + 1 if self.text[at:at + 1] == ' ' else at
        label = self.blanks[at].label if at in self.blanks else ''
        so_far = plain(f'{done} {line.text}')
        return so_far if label and label.startswith(so_far) else None

    def compare(self, expected):
        """How many lines are found in order, and the first complaint (None: none)."""
        at = matched = 0
        done = ''
        for line in expected:
            pattern = line.pattern()
            start = at
            if not pattern.startswith(BLANK):
                said = self.instruction(line, at, done)
                if said is not None:
                    done = said
                    matched += 1
                    continue
                start = self.skip(at)
                done = ''
            elif self.text[start:start + 1] == ' ':
                start += 1
            if not self.text.startswith(pattern, start):
                return matched, f'"{line.text}" is printed as "{self.text[start:start + 90]}"'
            complaint = self.complain(line, start, start + len(pattern))
            if complaint is not None:
                return matched, complaint
            matched += 1
            at = start + len(pattern)
        rest = self.skip(at)
        if rest < len(self.text):
            return matched, f'printed besides: "{self.text[rest:rest + 90]}"'
        return matched, None

    def lacks(self, expected):
        """Which of the lines are not there in this order; others may stand between."""
        at = 0
        missing = []
        for line in expected:
            found = self.text.find(line.pattern(), at)
            if found < 0:
                missing.append(f'no "{line.text}"')
            else:
                at = found + len(line.pattern())
        return missing
