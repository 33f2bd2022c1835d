// Secrets of messages, sealed, for what comes sealed with them later: a vote opens years after its poll. A message's secret is durable before
// the message is acknowledged, and before its ratchet step and the memory of its part are: whoever dies in between gets the message again.
//
// Why it does not lag as the ratchet steps do, with the raw bytes of the appended event to find it in after a crash: those would have to be
// looked for in the log, partition by partition, at each start of up to 500 accounts. It is written beside the append and not after it, in
// one statement with those of all accounts that wait (secret-writer.ts): a row for each message, no commit and hardly any wait.
import type { BroughtSecret, MessageSecret } from '../../convert/sealed/message-secret.ts'
import type { Database } from '../../database/database.ts'
import { findSecrets, type SecretName, type SecretRow } from '../../instances/message-secrets.ts'
import { hexOf, messageDigest } from '../../instances/sealed-secrets.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { outlast } from '../outlast.ts'
import { type SocketLife, whilePending } from '../socket-life.ts'
import { orEndSealed } from './or-end-sealed.ts'
import { createSecretSeals } from './seal-secrets.ts'
import type { SecretWriter } from './secret-writer.ts'

export type MessageSecrets = {
  /** Resolves once these are durable; rejects only with the socket's end. Of one author of one message the first stays. */
  keep(secrets: readonly BroughtSecret[]): Promise<void>
  /** For whoever makes them durable, with what they go with. */
  seal(secret: BroughtSecret): SecretRow
  /** Resolves once everything that was to be kept until now is durable; rejects only with the socket's end. */
  kept(): Promise<void>
  /** Of whoever wrote under this id in the chat, which has these addresses; waits for none that is being kept. Rejects only with the socket's end. */
  find(of: { chats: readonly string[]; messageId: string }): Promise<readonly MessageSecret[]>
}
type Deps = {
  database: Database
  sealer: Sealer
  secretWriter: SecretWriter
  life: SocketLife
  instanceId: string
  epoch: number
  /** How long a read or write may be pending before the socket is given up. */
  timeoutMs: number
  random: () => number
  logger: Logger
}

export function openMessageSecrets(deps: Deps): MessageSecrets {
  const { database, sealer, secretWriter, life, instanceId, epoch, timeoutMs, random, logger } = deps
  const line = { event: 'secrets.retrying', instanceId, epoch }
  const outlasting = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
    whilePending(life, timeoutMs, () => outlast(doing, work, { life, isForGood: () => false, line, random, logger }))
  const { seal, open } = createSecretSeals({ sealer, logger }, instanceId)
  let kept: Promise<unknown> = Promise.resolve()
  /** On their way into the table, by the digest of their message, in the order they came. */
  const pending = new Map<string, readonly SecretRow[]>()

  const pendingOf = (message: Buffer): readonly SecretRow[] => pending.get(hexOf(message)) ?? []

  function leave(rows: readonly SecretRow[]): void {
    for (const row of rows) {
      const others = pendingOf(row.message).filter(other => other !== row)
      if (others.length > 0) pending.set(hexOf(row.message), others)
      else pending.delete(hexOf(row.message))
    }
  }

  return {
    keep: async secrets => {
      if (secrets.length === 0) return
      const rows = secrets.map(seal)
      const keeping = outlasting('keeping secrets of messages', () => secretWriter.write(rows))
      kept = Promise.all([kept, keeping])
      kept.catch(() => undefined) // whoever waits for it hears of it
      for (const row of rows) pending.set(hexOf(row.message), [...pendingOf(row.message), row])
      await keeping.finally(() => leave(rows))
    },
    seal,
    kept: async () => void (await kept),
    find: async ({ chats, messageId }) => {
      const messages = chats.map(chat => messageDigest(chat, messageId))
      // Looked for before the table is: what becomes durable meanwhile is then found twice, and not missed.
      const onTheWay = messages.flatMap(pendingOf)
      const rows = await outlasting('reading secrets of messages', () => findSecrets(database, instanceId, messages))
      return orEndSealed(life, () => firstOfEach([...rows, ...onTheWay]).flatMap(open))
    },
  }
}

/** What the table has stays, and of what is on its way what came first. */
const firstOfEach = <Row extends SecretName>(rows: readonly Row[]): readonly Row[] => [
  ...new Map(rows.toReversed().map(row => [`${hexOf(row.message)} ${hexOf(row.author)}`, row])).values(),
]
