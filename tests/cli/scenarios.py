# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the scripted service shows: a signer's token and a clerk's, made up."""

PERSON = 'A1' * 32
SEAL = 'B2' * 32


def certificate(**more):
    return {'Certificate': {
        'Fingerprint': PERSON, 'CommonName': 'Nguyễn Thị Bình',
        'Subject': 'CN=Nguyễn Thị Bình,title=Giám đốc,O=Sở Nội vụ\\, tỉnh Lạng Sơn,C=VN',
        'Issuer': 'CN=Test CA,C=VN', 'SerialNumber': '0A1B', 'Email': 'binh@example.vn',
        'NotBefore': ['t', 1767225600], 'NotAfter': ['t', 1830297600], 'DaysLeft': ['i', 405],
        'Class': 'person', 'Authority': True, 'Organisation': 'Sở Nội vụ', 'Title': 'Giám đốc',
        'Effective': '2026-01-05', 'Token': ['o', '/org/kyso/Kyso1/tokens/t1'], 'Present': True,
        'Problem': '', 'Der': ['ay', '3000'], **more}}


def token(path, **more):
    return {'Token': {
        'Serial': 'SER1', 'Label': 'Thẻ ký', 'Manufacturer': 'Maker', 'Model': 'M1', 'Module': 'opensc',
        'Reader': 'Reader 00', 'Present': True, 'Busy': False, 'PinState': 'ok',
        'PinFailures': ['u', 0], 'PinFailureTimes': ['at'], 'CardTries': ['i', -1], 'PinPad': False,
        'Certificates': ['ao', '/org/kyso/Kyso1/certificates/' + path], 'LastSeen': ['t', 1795000000],
        **more}}


OBJECTS = {
    'tokens/t1': token('c1'),
    'tokens/t2': token('c2', Serial='SER2', Label='Con\x1b[31mdấu', PinState='locked',
                       PinFailures=['u', 3], CardTries=['i', 0], Present=False,
                       PinFailureTimes=['at', 1795000000, 1795000060]),
    'certificates/c1': certificate(),
    'certificates/c2': certificate(
        Fingerprint=SEAL, CommonName='Sở Nội vụ', Subject='CN=Sở Nội vụ,O=Sở Nội vụ,C=VN', Email='',
        Class='unknown', Authority=False, Organisation='', Title='', Effective='', DaysLeft=['i', 61],
        Problem='not-in-roster', Token=['o', '/org/kyso/Kyso1/tokens/t2'], Present=False),
}

SERVICE = {'Version': '0.1.0', 'Profile': 'lang-son-2020', 'ReadersAvailable': True}

DETAILS = {'serial': 'SER1', 'label': 'Thẻ ký', 'reader': 'Reader 00', 'certificate': PERSON,
           'common-name': 'Nguyễn Thị Bình', 'digest': '00', 'pin-state': 'ok', 'failures': ['u', 0],
           'card-tries': ['i', -1], 'pin-min': ['u', 4], 'pin-max': ['u', 8], 'last-try': False}


def signature(**more):
    return {'field': 'S1', 'revision': ['u', 0], 'page': ['u', 1], 'sub-filter': 'ETSI.CAdES.detached',
            'integrity': 'valid', 'chain': 'valid', 'integrity-reason': '', 'chain-reason': '',
            'coverage': 'permitted-additions', 'broken-rule': '', 'broken-detail': '', 'flaw': '',
            'flaw-detail': '', 'class': 'person', 'authority': True, 'organisation': 'Sở Nội vụ',
            'title': 'Giám đốc', 'common-name': 'Nguyễn Thị Bình', 'subject': '', 'issuer': 'CN=Test CA',
            'serial-number': '0A1B', 'fingerprint': PERSON, 'not-before': ['t', 1767225600],
            'not-after': ['t', 1830297600], 'signing-time': ['t', 1795000000], 'timestamp': False,
            'signing-certificate': True, 'digest': 'SHA256', 'weak': False, 'verdict': 'fit', **more}


def report(*signatures, **more):
    return {'order': 'kept', 'order-reason': 'none', 'order-clause': 'LS20-6b.t4', 'pages': ['u', 1],
            'revisions': ['u', 2], 'revocation': 'not-checked', 'profile': 'lang-son-2020',
            'unsigned-tail': False, 'warnings': ['revocation-not-checked'],
            'signatures': list(signatures), **more}


FIT = {'verdict': 'fit', 'report': report(
    signature(), signature(field='S2', **{'class': 'seal', 'authority': False, 'title': '',
                                          'common-name': 'Sở Nội vụ', 'coverage': 'whole',
                                          'fingerprint': SEAL, 'signing-time': ['t', 0],
                                          'timestamp': True}))}
NOT_FIT = {'verdict': 'not-fit', 'report': report(
    signature(**{'integrity': 'invalid', 'integrity-reason': 'wrong-digest', 'coverage': 'changed',
                 'broken-rule': 'page-changed', 'broken-detail': 'object 12, revision 2',
                 'weak': True, 'verdict': 'not-fit'}),
    order='broken', **{'order-reason': 'changed-after-signing', 'order-clause': 'BD17-19.2c.s2',
                       'unsigned-tail': True, 'warnings': ['no-authority']})}
UNDETERMINED = {'verdict': 'undetermined', 'report': report(
    signature(**{'chain': 'undetermined', 'chain-reason': 'unknown-issuer', 'class': 'unknown',
                 'authority': False, 'organisation': '', 'title': ''}),
    order='not-decidable', **{'order-reason': 'a-word-from-the-future', 'order-clause': 'P:K-20'})}


def release(**more):
    return {'at': ['t', 1795000000], 'number': '12/QĐ-SNV', 'date': '2026-11-18',
            'channel': 'document-system', 'channel-text': '', 'kind': 'original', 'reference': '',
            'note': '', 'organisation': 'snv', 'organisation-name': 'Sở Nội vụ', 'document': 'C3' * 32, 'digest': 'D4' * 32,
            'signers': [PERSON, SEAL], 'profile': 'lang-son-2020', 'clause': 'P:LS20-6b.t3',
            'user': 'lan', 'uid': ['u', 1000], **more}


RELEASED = {'report': {'number': '12/QĐ-SNV', 'date': '2026-11-18', 'at': ['t', 1795000000],
                       'organisation': 'snv', 'organisation-name': 'Sở Nội vụ',
                       'document': 'C3' * 32, 'digest': 'D4' * 32, 'clause': 'AG16-8.1', 'profile': 'an-giang-2016',
                       'seal-without-revocation-check': True,
                       'warnings': ['revocation-not-checked', 'channel-not-named']}}
REGISTER = {'releases': [release(), release(**{
    'number': '13/QĐ-SNV', 'channel': 'other', 'channel-text': 'Fax\x1b[31m', 'note': 'Bản cuối',
    'kind': 'copy', 'reference': '5/CV', 'signers': [SEAL]})]}
FOUND = {'releases': [release(**{'this-file': False}), release(**{
    'number': '7/SY-SNV', 'kind': 'copy', 'reference': '12/QĐ-SNV', 'this-file': True})]}
FIT_RELEASED = {'verdict': 'fit', 'report': {**FIT['report'], **FOUND}}
EARLIER = {'number': '12/QĐ-SNV', 'date': '2026-11-18', 'released-at': '1795000000'}
