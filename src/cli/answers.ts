// What the verbs read in zaplog's answers, whatever else comes with it; an answer without it came from something else.
import { z } from 'zod'

export const instance = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  reasonText: z.string().nullable(),
  stateAt: z.string(),
  phone: z.string().nullable(),
  settings: z.looseObject({}).optional(),
})
export type Instance = z.infer<typeof instance>

const part = z.looseObject({ what: z.string(), count: z.number().nullable(), detail: z.string() })
const deletion = z.looseObject({ goes: z.array(part), stays: z.array(part) })
export type Deletion = z.infer<typeof deletion>
export const deletedInstance = instance.extend({ deletion })

export const purge = z.looseObject({
  instanceId: z.string(),
  state: z.enum(['none', 'running', 'done']),
  doneAt: z.string().nullable(),
  step: z.looseObject({ name: z.string(), number: z.number(), of: z.number() }).nullable(),
  waitsFor: z.string().nullable(),
  erased: z.array(z.looseObject({ what: z.string(), count: z.number() })),
  deletion,
})
export type Purge = z.infer<typeof purge>

export const replay = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  why: z.string().nullable(),
  targets: z.array(z.string()),
  // Of a release that does not say them.
  fromAt: z.string().nullish(),
  untilAt: z.string().nullish(),
  records: z.number().nullable(),
  read: z.number(),
  written: z.number(),
  percent: z.number().nullable(),
  perSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
})
export type Replay = z.infer<typeof replay>

export const rebuild = z.looseObject({
  id: z.string(),
  projection: z.string(),
  state: z.string(),
  swap: z.string(),
  wanted: z.string().nullable(),
  why: z.string().nullable(),
  records: z.number().nullable(),
  read: z.number().nullable(),
  percent: z.number().nullable(),
  perSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  compared: z
    .array(
      z.looseObject({
        ...{ table: z.string(), rows: z.number(), copied: z.number() },
        ...{ missing: z.number(), extra: z.number(), differing: z.number() },
        // Of a release that did not look.
        unlike: z.array(z.string()).default([]),
      }),
    )
    .nullable(),
  leftOut: z.array(z.looseObject({})).default([]),
})
export type Rebuild = z.infer<typeof rebuild>

/** 202: it is in the log. */
export const accepted = z.looseObject({ commandId: z.string() })
/** Why a command is not over yet; clients accept new reasons. */
export const waitsFor = z.looseObject({
  reason: z.string(),
  nextAt: z.string().nullable(),
  commandId: z.string().nullable(),
  instanceState: z.string().nullable(),
  refusal: z.looseObject({ reasonText: z.string(), code: z.string().nullable() }).nullable(),
})
export type WaitsFor = z.infer<typeof waitsFor>
/** `messageId` null: it becomes no message; `waitsFor`: an earlier zaplog does not say it. */
export const command = z.looseObject({
  commandId: z.string(),
  messageId: z.string().nullable(),
  chatId: z.string().nullable(),
  state: z.string(),
  queuedUntil: z.string(),
  waitsFor: waitsFor.nullish(),
  reason: z.string().nullable(),
  reasonText: z.string().nullable(),
  result: z.record(z.string(), z.unknown()).nullish(),
})
export type Command = z.infer<typeof command>

/** `url` null: its bytes are there already. */
export const askedUpload = z.looseObject({
  uploadId: z.string(),
  url: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
})
export const upload = z.looseObject({
  uploadId: z.string(),
  state: z.string(),
  messageId: z.string().nullable(),
  reason: z.string().nullable(),
  reasonText: z.string().nullable(),
})
export type Upload = z.infer<typeof upload>

const historyPart = z.looseObject({
  syncType: z.string(),
  chunk: z.number().nullable(),
  percent: z.number().nullable(),
  state: z.string(),
  done: z.number(),
  total: z.number().nullable(),
  detail: z.string().nullable(),
  withoutMessages: z.boolean(),
  updatedAt: z.string(),
})
export const history = z.looseObject({
  historySync: z.boolean(),
  state: z.string(),
  messages: z.number(),
  people: z.number(),
  parts: z.array(historyPart),
})
export type History = z.infer<typeof history>

/** `qr` is what the code says. */
export const code = z.looseObject({ qr: z.string(), expiresAt: z.string() })
export type Code = z.infer<typeof code>

/** `code` has 8 characters. */
export const pairingCode = z.looseObject({ code: z.string(), expiresAt: z.string() })
export type PairingCode = z.infer<typeof pairingCode>

const names = z.array(z.string()).nullish()
export const endpoint = z.looseObject({
  id: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  disabledReason: z.string().optional(),
  failingSince: z.string().optional(),
  lastError: z.string().optional(),
  waiting: z.number().optional(),
  deadLetters: z.number().optional(),
  eventTypes: names,
  instanceIds: names,
  notYetEmitted: names,
  unknownInstanceIds: names,
})
export type Endpoint = z.infer<typeof endpoint>
export const tested = z.looseObject({
  delivered: z.boolean(),
  statusCode: z.number().nullable(),
  error: z.string().nullable(),
  durationMs: z.number(),
})
export const newEndpoint = endpoint.extend({ secret: z.string() })

export const newListener = z.looseObject({ id: z.string(), secret: z.string(), notYetEmitted: names, unknownInstanceIds: names })
export type Listener = z.infer<typeof newListener>
export const ended = z.looseObject({ dropped: z.number() })
const handed = z.looseObject({
  id: z.string(),
  place: z.number(),
  attempt: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  answerWithinMs: z.number(),
})
export type HandedDelivery = z.infer<typeof handed>
export const mailbox = z.looseObject({ data: z.array(handed), disabledReason: z.string().nullable() })
/** `error`: there was no status. */
export type ListenerAnswer =
  | { statusCode: number; response?: string; retryAfter?: string; webhookDelivery?: string }
  | { error: string }

export type Page<Item> = { data: readonly Item[]; nextCursor: string | null }
export const pageOf = <Item>(item: z.ZodType<Item>): z.ZodType<Page<Item>> =>
  z.looseObject({ data: z.array(item), nextCursor: z.string().nullable() })

/** An answer without a body. */
export const nothing = z.null()

const PROBLEM_TYPE = 'urn:zaplog:problem:'
const fieldError = z.looseObject({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  expected: z.string(),
  received: z.string(),
})
export const problem = z.looseObject({
  type: z.string().startsWith(PROBLEM_TYPE),
  detail: z.string(),
  errors: z.array(fieldError).optional(),
})
export type Problem = z.infer<typeof problem>

export const slugOf = ({ type }: Problem): string => type.slice(PROBLEM_TYPE.length)
