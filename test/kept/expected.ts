// What a fixture says of itself: what was seen from outside when it was copied, and what must come of it.
export type Page = {
  path: string
  ids: readonly string[]
  cursor: string /** Of all later pages together. */
  rest: readonly string[]
}
export type EndpointName = 'main' | 'down' | 'gone' | 'paused' | 'patient' | 'overtaken' | 'deadly' | 'deleted'
export type ExpectedEndpoint = { id: string; secret: string; answer: Readonly<Record<string, unknown>> }
export type ExpectedDelivery = { id: string; state: string; attempts: number; endpointId: string; eventId: string }

export type Expected = {
  version: string
  /** Epoch ms of the copy. */
  madeAt: number
  /** Of its zaplog, besides those that lead to its parts. */
  settings: Readonly<Record<string, string>>
  endpoints: Readonly<Record<EndpointName, ExpectedEndpoint>>
  instances: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Per topic, per partition, from offset 0: event id, and a digest of key, headers and value. */
  log: Readonly<Record<string, readonly (readonly string[])[]>>
  /** webhook-ids that a receiver answered 2xx. */
  accepted: readonly string[]
  deliveries: readonly ExpectedDelivery[]
  /** Per endpoint that owes some: webhook-ids that wait or are held, in order per instance and chat. */
  owed: Readonly<Partial<Record<EndpointName, Readonly<Record<string, readonly string[]>>>>>
  /** Answers per path, one list of items each; what is added to items later is none of their business. */
  lists: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
  pages: readonly Page[]
  /** A zaplog-position that was answered, and a read that waits for it. */
  position: { token: string; path: string }
  /** Answers of single things, by path. Absent: of 0.1.0. */
  resources?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  story: Story
  /** Absent: of 0.1.0, which had none of it. */
  threads?: Threads
}

/** A message that an account was asked to send. */
export type AskedFor = {
  instance: string
  chatId: string
  text: string
  commandId: string
  messageId: string
  idempotencyKey: string
}
/** What 0.2.0 and later leave open besides. */
export type Threads = {
  /** The shop's own, at which a vote was counted. */
  pollId: string
  /** A message of carla's without its secret, and what its edit says, which nobody could open. */
  sealed: { messageId: string; original: string; becomes: string }
  done: AskedFor
  /** Its account was away. */
  waiting: AskedFor
  /** On the CDN: a part of the phone's history that was on its way. */
  historyPath: string
}

/** What the story left open, for its end to be told. */
export type Story = {
  group: string
  /** On the CDN: what the held messages wait for. */
  stalledPath: string
  /** Waiting at WhatsApp: message ids, and what must come of each. */
  queued: readonly {
    phone: string
    messageId: string
    chatId: string
    text: string
    event: 'message.received' | 'message.sent'
  }[]
  /** Sent once more by WhatsApp although they were settled, or of a group that its instance ignores: nothing comes of them. */
  nothingComesOf: readonly string[]
  /** The group's messages and those of this chat were dead letters at `deadly` so often. */
  skippedAtDeadly: { chatId: string; count: number }
}
