# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of kyso-form(5), for whoever writes forms: members, types, keys, sources, styles."""

import re

from formprint import KNOWN, placeholders

STYLES = {'text', 'capitals', 'date', 'date-words', 'day', 'month', 'year', 'hour', 'minute',
          'year-2', 'number', 'number-2', 'words'}
SOURCES = {'TOK', 'CERT:subject', 'CERT:cn', 'CERT:mail', 'CERT:serial', 'CERT:from', 'CERT:to',
           'REG', 'PROF', 'ORG', 'IN', 'CLK', 'LOG', 'FIX', 'INK'}
KEY = re.compile(r'[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*')
CLAUSE = re.compile(r'(BD17|BD14|TB16|LS20|AG16)(-[0-9]+[a-zđ]*(\.[0-9]+)?[a-zđ]*(\.t[0-9])?)?')
LINE = 'line of text'
LOOKS = ('regular', 'bold', 'italic', 'bold-italic')
ALIGNS = ('justify', 'left', 'center', 'right')

FIELD = {'key': str, 'value': str, 'source': SOURCES, 'as': STYLES, 'optional': bool,
         'after': str, 'boxes': {str: str}, 'choices': [str]}
# What each object may hold; a star marks what it must.
MEMBERS = {
    'form': {'format*': (1,), 'id*': str, 'base': str, 'number': str, 'name': str,
             'instrument': str, 'clause': str, 'delivery': str, 'assumed': [str], 'mark': str,
             'page': ('portrait', 'landscape'), 'head': 'head', 'title': [LINE], 'addressee': LINE,
             'fields': {str: 'entry'}, 'body': ['block'], 'signatures': 'signatures',
             'notes': 'notes'},
    'whole': {'number*': str, 'name*': str, 'instrument*': str, 'clause*': str, 'body*': list},
    'head': {'national': bool, 'agency': [LINE], 'number': [LINE], 'date': LINE},
    'entry': {'label*': str, 'source*': SOURCES, 'optional': bool, 'choices': [str]},
    'signatures': {'left': 'side', 'right': 'side'},
    'signature': {'date': LINE, 'title*': [LINE], 'how': [LINE]},
    'recipients': {'heading*': LINE, 'recipients*': [LINE]},
    'notes': {'heading': LINE, 'lines*': [LINE]},
    'text': {'text*': str, 'style': LOOKS, 'align': ALIGNS, 'indent': bool},
    'section': {'section*': LINE},
    'line': {'line*': ['field']},
    'table': {'table*': 'rows'},
    'each': {'each*': ['block']},
    'rows': {'columns*': ['column'], 'blank-rows': int, 'fixed-rows': [[str]]},
    'group': {'group*': str, 'columns*': ['column']},
    'field': {**FIELD, 'label*': str, 'share': int, 'blank-lines': int, 'domain': str},
    'column': {**FIELD, 'label*': str, 'width': int, 'align': ALIGNS[1:], 'counter': ('1', '01')},
    LINE: {'text*': str, 'style': LOOKS, 'rule': bool},
}


def shape(name, value):
    """Which of the objects that may stand in the same place it is."""
    if name == 'side':
        return 'recipients' if 'recipients' in value else 'signature'
    if name == 'column' and 'group' in value:
        return 'group'
    if name == 'block':
        kinds = [kind for kind in ('text', 'section', 'line', 'table', 'each') if kind in value]
        return kinds[0] if len(kinds) == 1 else None
    return name


def check_value(value, rule, place):
    """Complaints about VALUE, which RULE describes."""
    if isinstance(rule, list):
        if not isinstance(value, list):
            return [f'{place} is no list']
        return [text for i, one in enumerate(value)
                for text in check_value(one, rule[0], f'{place}[{i}]')]
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return [f'{place} is no object']
        return [text for name, one in value.items()
                for text in check_value(one, rule[str], f'{place}.{name}')]
    if isinstance(rule, (tuple, set)):
        return [] if value in rule else [f'{place} is {value!r}']
    if isinstance(rule, type):
        right = isinstance(value, rule) and (rule is bool or not isinstance(value, bool))
        return [] if right else [f'{place} is no {rule.__name__}']
    if rule == LINE and isinstance(value, str):
        return []
    return check_object(value, rule, place)


def check_object(value, name, place):
    if not isinstance(value, dict):
        return [f'{place} is no object']
    kind = shape(name, value)
    if kind is None:
        return [f'{place} is no {name}']
    members = {member.rstrip('*'): (rule, member.endswith('*'))
               for member, rule in MEMBERS[kind].items()}
    wrong = [f'{place}: unknown member {member}' for member in value if member not in members]
    wrong += [f'{place}: no {member}' for member, (_, must) in members.items()
              if must and member not in value]
    for member, one in value.items():
        if member in members:
            wrong += check_value(one, members[member][0], f'{place}.{member}')
    return wrong


def check_own(form):
    return check_object(form, 'form', 'form')


def fields_of(block):
    """The fields and columns of a block."""
    found = list(block.get('line', []))
    for column in block.get('table', {}).get('columns', []):
        found += column.get('columns', [column])
    for inner in block.get('each', []):
        found += fields_of(inner)
    return found


def texts_of(value):
    """Every text of a form in which a placeholder may stand."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    if not isinstance(value, dict):
        return []
    plain = ('fields', 'label', 'after', 'domain', 'choices', 'boxes', 'assumed', 'key', 'group')
    return [text for name, one in value.items() if name not in plain for text in texts_of(one)]


def keys_of(form):
    keys = {key for text in texts_of(form) for key, _ in placeholders(text)}
    return keys | {field['key'] for block in form['body'] for field in fields_of(block)
                   if 'key' in field}


def check_field(field, place):
    wrong = []
    if 'key' in field and 'value' in field:
        wrong.append(f'{place}: key and value')
    if 'key' in field and 'source' not in field:
        wrong.append(f'{place}: no source')
    if 'key' not in field and ('as' in field or 'boxes' in field or 'domain' in field):
        wrong.append(f'{place}: no key')
    choices = field.get('choices', [])
    if len(set(choices)) != len(choices):
        wrong.append(f'{place}: a choice twice')
    return wrong


def check_placeholders(form):
    wrong = []
    fields = form.get('fields', {})
    used = set()
    for text in texts_of(form):
        for key, style in placeholders(text):
            used.add(key)
            if not KEY.fullmatch(key) or len(key) > 64:
                wrong.append(f'"{key}" is no key')
            if key not in fields and key not in KNOWN:
                wrong.append(f'{key} stands in a text and not in "fields"')
            if style is not None and style not in STYLES:
                wrong.append(f'{key}: style {style}')
    return wrong + [f'fields.{key} is not used' for key in fields if key not in used]


def check_whole(form):
    """FORM with its bases."""
    wrong = check_object({member: form[member] for member in form
                          if member in ('number', 'name', 'instrument', 'clause', 'body')},
                         'whole', 'form')
    if wrong:
        return wrong
    if form.get('mark', form['number']) != form['number']:
        wrong.append(f'marked {form["mark"]}, called {form["number"]}')
    wrong += [f'clause {clause}' for clause in form['clause'].split(', ')
              if not CLAUSE.fullmatch(clause)]
    seen = set()
    for i, block in enumerate(form['body']):
        for field in fields_of(block):
            place = f'body[{i}] "{field["label"]}"'
            wrong += check_field(field, place)
            # The values of a row are others than those of the form.
            key = (field.get('key'), 'line' in block)
            if key[0] is not None and key in seen:
                wrong.append(f'{place}: {key[0]} twice')
            seen.add(key)
            if 'key' in field and not KEY.fullmatch(field['key']):
                wrong.append(f'{place}: "{field["key"]}" is no key')
    return wrong + check_placeholders(form)


CLASSES = 'organisation', 'person', 'device'


def documented_keys(page):
    """The keys that kyso-form(5) names; "report.CLASS-" stands for the three classes."""
    with open(page, encoding='utf-8') as file:
        text = file.read().replace('\\-', '-')
    section = text[text.index('.SH KEYS'):text.index('.SH VALUES')]
    section = re.sub(r'report\.CLASS(-[a-z-]+)',
                     lambda match: ' '.join(f'report.{name}{match[1]}' for name in CLASSES), section)
    return set(re.findall(r'[a-z][a-z0-9-]*\.(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*)?|'
                          r'\b[a-z]+\b', section))


def is_documented(key, documented):
    """KEY itself, a role with a word of "person" or "org", or one of a group of keys. What is said of
    reports and counted comes from kysod alone, so there each key has to be one that it knows."""
    role, _, word = key.partition('.')
    if role in ('report', 'count'):
        return key in documented
    body = word[4:] if word.startswith('org.') else None
    return (key in documented or (body is not None and f'org.{body}' in documented) or
            (body is None and f'person.{word}' in documented) or
            (f'{role}.' in documented and role not in ('person', 'org', 'cert', 'doc')))
