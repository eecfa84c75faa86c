# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract of kysod on the bus, data/org.kyso.Kyso1.xml as it is installed, and who may call
what in it."""

import collections
import xml.etree.ElementTree

NAME = 'org.kyso.Kyso1'

# What each method needs: "free", "own" (it is of an object that only its owner sees), or the verb of
# the polkit action.
NEEDS = {
    ('Manager', 'RegisterPinAgent'): 'free', ('Manager', 'UnregisterPinAgent'): 'free',
    ('Signer', 'Sign'): 'sign', ('Signer', 'Seal'): 'seal', ('Verifier', 'Verify'): 'verify',
    ('Release', 'Release'): 'release', ('Release', 'Find'): 'release', ('Release', 'List'): 'release',
    ('Job', 'Cancel'): 'own',
    ('Audit', 'Verify'): 'audit', ('Audit', 'Export'): 'audit',
    ('Forms', 'Make'): 'forms',
    **{('Recovery', name): 'recovery' for name in (
        'Start', 'Combine', 'Fill', 'Preview', 'Render', 'MarkSent', 'MarkRecovered', 'MarkRevoked',
        'MarkRefused', 'Cancel')},
    ('Report', 'Count'): 'report', ('Report', 'Make'): 'report',
    ('Deadlines', 'Begin'): 'deadlines', ('Deadlines', 'Finish'): 'deadlines',
    ('Roster', 'List'): 'list', ('Roster', 'Set'): 'roster', ('Roster', 'Remove'): 'roster',
    ('Roster', 'Import'): 'roster', ('Roster', 'ListPersons'): 'list',
    ('Roster', 'GetPersons'): 'roster', ('Roster', 'GetOrganisations'): 'roster',
    ('Roster', 'GetPerson'): 'roster', ('Roster', 'SetPerson'): 'roster',
    ('Roster', 'RemovePerson'): 'roster', ('Roster', 'ImportPersons'): 'roster',
    ('Roster', 'ListOrganisations'): 'list', ('Roster', 'GetOrganisation'): 'roster',
    ('Roster', 'SetOrganisation'): 'roster', ('Roster', 'RemoveOrganisation'): 'roster',
    ('Roster', 'ImportOrganisations'): 'roster',
}
# What each is granted in an active session of its own.
GRANTED = {'signer': {'sign', 'seal', 'verify', 'release', 'list', 'recovery'},
           'clerk': {'sign', 'seal', 'verify', 'release', 'list', 'recovery'},
           'admin': {'list', 'roster', 'deadlines', 'report', 'forms', 'recovery'},
           'support': {'list', 'deadlines', 'report', 'forms', 'recovery'},
           'inspector': {'audit', 'report'}}
# (user, session, is the session active): the kinds of callers who may not.
SESSIONS = {
    'active, not in the group': ('stranger', 'own', True),
    'not active': ('signer', 'own', False),
    'no session': ('signer', 'none', True),
    'the clerk, not active': ('clerk', 'own', False),
    'the administrator, not active': ('admin', 'own', False),
    'not in the group, no session': ('stranger', 'none', True),
}

# NODE: which kind of object has it. ARGUMENTS: (name, type) of those that go in.
Method = collections.namedtuple('Method', 'node interface name needs arguments')


def described(node):
    """{interface: sorted members} below one node of introspection data."""
    found = {}
    for interface in node.findall('interface'):
        members = []
        for member in interface:
            arguments = tuple((arg.get('name'), arg.get('type'), arg.get('direction'))
                              for arg in member.findall('arg'))
            arguments += tuple((note.get('name'), note.get('value'))
                               for note in member.findall('annotation'))
            members.append((member.tag, member.get('name'), member.get('type'),
                            member.get('access'), arguments))
        found[interface.get('name')] = sorted(members, key=str)
    return found


def contract():
    tree = xml.etree.ElementTree.parse('/usr/share/dbus-1/interfaces/org.kyso.Kyso1.xml')
    root = tree.getroot()
    nodes = {'root': described(root)}
    for node in root.findall('node'):
        nodes[node.get('name').split('/')[0]] = described(node)
    return nodes


def methods():
    """All methods of the contract. One that NEEDS does not know is an error here, so that no new one
    is forgotten."""
    found = []
    for node, interfaces in contract().items():
        for interface, members in interfaces.items():
            short = interface.removeprefix(NAME + '.')
            for tag, name, *_, arguments in members:
                if tag == 'method':
                    found.append(Method(node, short, name, NEEDS[short, name], [
                        (argument, kind) for argument, kind, direction in arguments if direction == 'in']))
    return found
