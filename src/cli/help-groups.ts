// Under which heading the help of the program lists each of its verbs.
import type { Command } from 'commander'

const groups: Readonly<Record<string, readonly string[]>> = {
  'To run it:': ['start', 'demo', 'simulate', 'dev', 'status', 'doctor', 'keys', 'version', 'completion', 'help'],
  'Accounts:': ['instances', 'ls', 'profile', 'privacy', 'presence'],
  'To write:': ['send', 'upload', 'messages', 'commands', 'uploads', 'processing'],
  'Chats and people:': ['chats', 'groups', 'channels', 'labels', 'contacts', 'numbers', 'blocklist', 'calls', 'media'],
  'To be told what happens:': ['webhooks', 'events'],
  'The log, and what is made of it:': [
    'topics',
    'schemas',
    'lag',
    'replay',
    'replays',
    'rebuild',
    'rebuilds',
    'projections',
    'dead-letters',
    'migrate',
  ],
}

/** Throws for a verb without a heading. */
export function groupVerbs(program: Command): void {
  for (const verb of program.commands) {
    const [heading] = Object.entries(groups).find(([, names]) => names.includes(verb.name())) ?? []
    if (heading === undefined) throw new Error(`grouping verbs: expected ${verb.name()} under a heading of help-groups.ts`)
    verb.helpGroup(heading)
  }
}
