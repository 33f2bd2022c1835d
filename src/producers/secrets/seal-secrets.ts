// Secrets of one account's messages, from rows and to rows.
import type { BroughtSecret, MessageSecret } from '../../convert/sealed/message-secret.ts'
import type { SecretName, SecretRow } from '../../instances/message-secrets.ts'
import { openSecret, sealSecret } from '../../instances/sealed-secrets.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'

export type SecretSeals = {
  seal(brought: BroughtSecret): SecretRow
  /** A row that was damaged opens nothing, and stops nobody. Throws SealError for one whose key is none of ours: it is not lost. */
  open(row: SecretName & { sealed: Buffer }): readonly MessageSecret[]
}

export function createSecretSeals({ sealer, logger }: { sealer: Sealer; logger: Logger }, instanceId: string): SecretSeals {
  return {
    seal: brought => sealSecret(sealer, instanceId, brought),
    open: row => {
      try {
        return [openSecret(sealer, instanceId, row)]
      } catch (error) {
        if (!(error instanceof SealError) || error.keyId !== null) throw error
        logger.warn('secret.not-opened', { instanceId, error })
        return []
      }
    },
  }
}
