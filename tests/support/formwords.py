# SPDX-License-Identifier: LGPL-2.1-or-later
"""Words of a form that was set: those that the instrument prints, and where they stand."""

import re
import subprocess
import unicodedata

PLACES = re.compile(r'<[^<>]*>|\.{2,}|…|☐')
MM = 72 / 25.4
OVER = 0.7  # points of height and width that two boxes may share


def squeeze(text):
    """Without blanks, for words are broken anywhere in narrow cells."""
    return re.sub(r'\s', '', unicodedata.normalize('NFC', text))


def plain(text):
    """Words with single blanks, without dots to write on. A line may end behind a slash."""
    text = unicodedata.normalize('NFC', text)
    return ' '.join(re.sub(r'(?<=/) +', '', re.sub(r'\.{2,}|…|\s', ' ', text)).split())


class Expected:
    """What an instrument prints, line by line: [kind, text, source]. NAMES are what the form calls
    its places to fill in; a line that is such a name is not printed."""

    def __init__(self, lines, names):
        names = [name.casefold() for name in names]
        self.pieces = []
        for kind, text, _ in lines:
            for piece in self.fixed(kind, text):
                named = kind in ('signature', 'addressee', 'title', 'heading') and any(
                    piece.casefold() in name for name in names)
                if not named:
                    self.pieces.append((kind, piece))

    @staticmethod
    def fixed(kind, text):
        """The parts of a line that are printed whatever the values are."""
        if kind == 'heading' and re.fullmatch(r'<Số, [Kk]ý hiệu>', text):
            text = 'Số: ...'
        if kind == 'addressee':
            text = re.sub(r'(?<=: )\([^()]*\)', '...', text)
        pieces = [plain(piece) for piece in PLACES.split(text)]
        return [piece for piece in pieces if re.search(r'\w', piece)]

    def groups(self):
        """Pieces that may stand in any order: the head of a table, which a text has row by row."""
        group = []
        for kind, piece in self.pieces:
            if kind in ('group', 'column'):
                group.append(piece)
                continue
            if group:
                yield group
            group = []
            yield [piece]
        if group:
            yield group

    def find(self, text, in_order):
        """(How many are there in order, those that are not.)"""
        text = plain(text)
        at = found = 0
        missing = []
        for group in ([[piece] for _, piece in self.pieces] if in_order else self.groups()):
            ends = []
            for piece in group:
                start = text.find(piece, at)
                if start < 0:
                    missing.append(piece)
                else:
                    ends.append(start + len(piece))
            found += len(ends)
            at = max(ends, default=at)
        return found, missing


class Boxes:
    """Where each word of a PDF stands: pages of (x0, y0, x1, y1, word)."""

    def __init__(self, path):
        text = subprocess.run(['pdftotext', '-bbox', path, '-'], stdout=subprocess.PIPE,
                              check=True).stdout.decode()
        self.pages = []
        self.sizes = []
        for page in re.split(r'<page ', text)[1:]:
            size = re.match(r'width="([0-9.]+)" height="([0-9.]+)"', page)
            self.sizes.append((float(size[1]), float(size[2])))
            self.pages.append([
                (*(float(number) for number in match.groups()[:4]), match[5])
                for match in re.finditer(r'<word xMin="([-0-9.]+)" yMin="([-0-9.]+)"'
                                         r' xMax="([-0-9.]+)" yMax="([-0-9.]+)">(.*?)</word>',
                                         page)])
        self.count = sum(len(words) for words in self.pages)

    def outside(self):
        """Words that are not between the margins (20 mm above and below, 30 and 15 mm beside), but
        for the form's number above and the foot below, which are on the page."""
        found = []
        for (width, height), words in zip(self.sizes, self.pages):
            for x0, y0, x1, y1, word in words:
                beside = x0 < 30 * MM - 1 or x1 > width - 15 * MM + 1
                if beside or y0 < 12 * MM or y1 > height - 8 * MM:
                    found.append(f'{word} at {x0:.0f},{y0:.0f}')
        return found

    def overlaps(self):
        """The first two words of each page that lie over each other."""
        found = []
        for words in self.pages:
            words = sorted(words, key=lambda word: word[1])
            over = next((f'{a[4]} and {b[4]} at {b[0]:.0f},{b[1]:.0f}'
                         for i, a in enumerate(words) for b in words[i + 1:]
                         if b[1] < a[3] - OVER and b[0] < a[2] - OVER and b[2] > a[0] + OVER
                         and b[3] > a[1] + OVER), None)
            if over is not None:
                found.append(over)
        return found
