// The one list of where there are sealed values: what each is sealed for is said by its owner, and a test says which column is missing here.
import type { SealedColumn } from '../database/sealed-column.ts'
import { sealedQr } from '../instances/instance-qr.ts'
import { sealedPairing } from '../instances/pairing-codes.ts'
import { sealedSecrets } from '../instances/sealed-secrets.ts'
import { sealedPlaces } from '../instances/uploads.ts'
import { sealedAuth } from '../producers/auth/auth-rows.ts'
import { sealedCommands } from '../producers/commands/built-message.ts'
import { sealedStanzas } from '../producers/gate/kept-stanzas.ts'
import { sealedMessages } from '../producers/secrets/sealed-store.ts'
import { sealedReferences } from '../producers/upload/upload.ts'
import { sealedVersions } from '../webhooks/endpoints/endpoint-versions.ts'
import { sealedSigning } from '../webhooks/endpoints/secrets.ts'
import { sealedServerSecrets } from './kept-secret.ts'

/** What an account needs first. */
export const sealedColumns: readonly SealedColumn[] = [
  ...sealedAuth,
  ...sealedVersions,
  sealedSigning,
  sealedServerSecrets,
  sealedCommands,
  sealedPlaces,
  sealedReferences,
  sealedQr,
  ...sealedPairing,
  sealedStanzas,
  sealedMessages,
  sealedSecrets,
]
