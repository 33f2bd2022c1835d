// The topics, as code: what is in each, its key, how long it is kept, and which event type goes where (docs/contract.md, Topics).
import type { Event, EventType } from './event.ts'

export type TopicName =
  | 'events'
  | 'history'
  | 'presence'
  | 'heartbeats'
  | 'commands'
  | 'media-downloaded'
  | 'media-stored'
  | 'media-failed'
  | 'webhook-deliveries'
  | 'webhook-attempts'
  | 'dead-letters'
  | ReplayTopicName

/** Each replay has one of its own, called by its name; they are in no list. */
type ReplayTopicName = 'replay.<name>'

export type TopicEntry = {
  name: TopicName
  key: string
  holds: string
  personalData: string
  public: boolean
  /** null: the configured default. */
  retentionDays: number | null
  /** Times the configured record limit. */
  recordLimitFactor: number
}

export const topics: readonly TopicEntry[] = [
  {
    name: 'events',
    key: 'instance id',
    holds: 'everything the sockets saw',
    personalData: 'message content, raw protobuf, media keys',
    public: true,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'history',
    key: 'instance id',
    holds: 'what the phone shares of the time before it was linked: messages, votes, names, chats, groups',
    personalData: 'message content, raw protobuf, media keys',
    public: true,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'presence',
    key: 'instance id',
    holds: 'who is there, writes or records',
    personalData: 'when people are there, and with whom they write',
    public: true,
    retentionDays: 1,
    recordLimitFactor: 1,
  },
  {
    name: 'heartbeats',
    key: 'instance id',
    holds: 'that an instance is in somebody’s hands, and how far it is',
    personalData: 'none',
    public: true,
    retentionDays: 1,
    recordLimitFactor: 1,
  },
  {
    name: 'commands',
    key: 'instance id',
    holds: 'what clients asked an account to do',
    personalData: 'what is sent, and to whom',
    public: true,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'media-downloaded',
    key: 'instance id',
    holds: 'files fetched, decrypted, verified and held under incoming/',
    personalData: 'file names, media keys',
    public: false,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'media-stored',
    key: 'instance id',
    holds: 'final object, hash, size, type, thumbnail, dimensions',
    personalData: 'file names, object keys',
    public: true,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'media-failed',
    key: 'instance id',
    holds: 'reason, stage, retryable or not, attempts, round',
    personalData: 'file names, media keys',
    public: true,
    retentionDays: null,
    recordLimitFactor: 1,
  },
  {
    name: 'webhook-deliveries',
    key: 'lane',
    holds: 'released deliveries, in order: body without links; no address, header or secret',
    personalData: 'message content',
    public: false,
    retentionDays: 30,
    recordLimitFactor: 1,
  },
  {
    name: 'webhook-attempts',
    key: 'endpoint id',
    holds: 'the outcome of each attempt',
    personalData: 'what the receiver answered',
    public: false,
    retentionDays: 30,
    recordLimitFactor: 1,
  },
  {
    name: 'dead-letters',
    key: 'as original',
    holds: 'records that no processor could take, and webhook deliveries given up: original key, bytes and headers, and why',
    personalData: 'as original',
    public: true,
    retentionDays: null,
    recordLimitFactor: 2,
  },
]

/** What a reader of the stream gets without asking for it by name. */
export const streamedTopics: readonly TopicName[] = ['events', 'media-stored', 'media-failed']

/** What becomes webhooks. */
export const webhookTopics: readonly TopicName[] = [...streamedTopics, 'history']

/** Types that history has, too: those of them that say origin history are on its topic. */
export const alsoOfHistory = [
  'poll.voted',
  'contact.updated',
  'chat.updated',
  'group.updated',
] as const satisfies readonly EventType[]
const alsoThere: ReadonlySet<string> = new Set(alsoOfHistory)

/** Every topic that a type is on, the one of what happens first. */
export const topicsOfName = (type: string): readonly TopicName[] =>
  alsoThere.has(type) ? [topicOfName(type), 'history'] : [topicOfName(type)]

/** What the phone told of the time before it was linked, whichever type says it. */
export const isOfHistory = (event: Pick<Event, 'type'>): boolean =>
  topicOf(event.type) === 'history' || ('origin' in event && event.origin === 'history')

/** What is in it can wait for what is in others. */
export const givesWay = (topic: string): boolean => topic === 'history'

export const topicOfEvent = (event: Event): TopicName => (isOfHistory(event) ? 'history' : topicOf(event.type))

export const topicOf = (type: EventType): TopicName => topicOfName(type)

/** Of a topic by its whole name, whatever its prefix: no name is the end of another. */
export const isTopic = (topic: string, name: TopicName): boolean => topic.endsWith(name)

/** Of a type by its name, also one that no version has yet. */
export function topicOfName(type: string): TopicName {
  switch (type) {
    case 'message.history':
    case 'history.progressed':
      return 'history'
    case 'presence.updated':
      return 'presence'
    case 'instance.heartbeat':
      return 'heartbeats'
    case 'command.accepted':
      return 'commands'
    case 'media.downloaded':
      return 'media-downloaded'
    case 'media.stored':
      return 'media-stored'
    case 'media.failed':
      return 'media-failed'
    case 'replay.ended':
      return 'replay.<name>'
    case 'delivery.released':
      return 'webhook-deliveries'
    case 'delivery.attempted':
      return 'webhook-attempts'
    default:
      return 'events'
  }
}
