// Secrets that messages of the log brought before there was a table for them: kept there in the transaction of whoever reads the log again.
import type { BroughtSecret } from '../../convert/sealed/message-secret.ts'
import type { Transaction } from '../../database/database.ts'
import { bringSecrets, findSecrets } from '../../instances/message-secrets.ts'
import { messageDigest } from '../../instances/sealed-secrets.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { createSecretSeals } from './seal-secrets.ts'

/** Of whoever reads the log again (projections/reread-step.ts). */
export function createEarlierSecrets(deps: { sealer: Sealer; logger: Logger }) {
  return {
    /** Of a message and author that has one, that one stays. */
    keep: async (tx: Transaction, instanceId: string, brought: readonly BroughtSecret[]) => {
      const { seal } = createSecretSeals(deps, instanceId)
      await bringSecrets(tx, brought.map(seal))
    },
    /** Of whoever wrote under this id in the chat, which has these addresses. */
    find: async (tx: Transaction, instanceId: string, { chats, messageId }: { chats: readonly string[]; messageId: string }) => {
      const { open } = createSecretSeals(deps, instanceId)
      const messages = chats.map(chat => messageDigest(chat, messageId))
      return (await findSecrets(tx, instanceId, messages)).flatMap(open)
    },
  }
}
