// Turns event definitions, topics and golden bodies into the catalogue of docs/topics.md: what is in each topic. Answers file path -> content.
import { basename } from 'node:path'
import { events } from '../src/events/definitions.ts'
import type { EventShape } from '../src/events/schema-fields.ts'
import { type TopicEntry, topicOfName, topics } from '../src/events/topics.ts'
import { recordTypes } from '../src/events/vocabulary.ts'
import { goldenExample } from './golden-example.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const path = 'docs/topics.md'
const marks = ['<!-- catalogue: generated from src/events/definitions.ts by npm run generate -->', '<!-- /catalogue -->'] as const

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateCatalogue(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const sections = topics.filter(isToldByType).map(section)
  return new Map([[path, replaceBetween(earlier.get(path) ?? readOf(path), path, marks, sections.join('\n\n'))]])
}

const typesOf = ({ name }: TopicEntry) => events.filter(({ type, internal }) => internal !== true && topicOfName(type) === name)
const isToldByType = (topic: TopicEntry) => topic.public && typesOf(topic).length > 0

const section = (topic: TopicEntry) =>
  [
    `### wa.${topic.name}`,
    `Holds ${topic.holds}. Key: ${topic.key}.`,
    markdownTable(
      ['type', 'when', 'personal data, besides the addresses of chat and sender', 'example'],
      typesOf(topic).map(row),
    ),
  ].join('\n\n')

/** From docs/topics.md, which stands beside it. */
const eventsBeside = basename('docs/events.md')

function row({ type, when, fields }: EventShape): readonly string[] {
  const example = goldenExample(type)
  const later = recordTypes.later.includes(type) ? ' (not in this version)' : ''
  return [
    `[${type}](${eventsBeside}#${type.replaceAll('.', '')})${later}`,
    when,
    Object.keys(fields).filter(isPersonal).join(', '),
    example === null ? '' : `[as a webhook](../${example.path.replaceAll(' ', '%20')})`,
  ]
}

/** What people wrote, what they are called and how they are reached, and the keys of their files. */
const personal = new Set([
  ...[
    'text',
    'emoji',
    'location',
    'contacts',
    'poll',
    'options',
    'interactive',
    'subject',
    'description',
    'fileName',
    'mediaSource',
  ],
  ...[
    'name',
    'senderName',
    'pushName',
    'verifiedName',
    'notify',
    'phone',
    'lid',
    'settings',
    'participants',
    'authorId',
    'participantId',
  ],
  ...['contactId', 'contactPn', 'contactLid', 'targetSenderId', 'mentions', 'lastSeenAt'],
])
const isPersonal = (name: string): boolean => personal.has(name)
