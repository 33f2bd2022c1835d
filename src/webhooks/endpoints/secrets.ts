// The secrets that deliveries are signed with, sealed: every one of an endpoint that has not expired signs, the newest first.

import { randomBytes } from 'node:crypto'
import type { Transaction } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { secretsContext } from './sealed-settings.ts'

/** Answers it: it is never shown again. */
export async function makeSecret(sealer: Sealer, tx: Transaction, endpointId: string): Promise<string> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await tx.query('insert into webhook_secrets (endpoint_id, sealed) values ($1, $2)', [
    endpointId,
    sealer.seal(Buffer.from(secret), secretsContext(endpointId)),
  ])
  return secret
}

/** Of the endpoint with this id (SQL): sealed, the newest first, or null. */
export const secretsOf = (endpointId: string): string => `
  (select array_agg(k.sealed order by k.secret_id desc) from webhook_secrets k
    where k.endpoint_id = ${endpointId} and (k.expires_at is null or k.expires_at > now()))`

export async function eraseSecrets(tx: Transaction, endpointIds: readonly string[]): Promise<void> {
  await tx.query('delete from webhook_secrets where endpoint_id = any($1)', [endpointIds])
}

/** A statement: those of the endpoints that `ids` selects. */
export const forgetSecrets = (ids: string): string => `delete from webhook_secrets where endpoint_id in (${ids})`

export const sealedSigning: SealedColumn = {
  table: 'webhook_secrets',
  column: 'sealed',
  key: { endpoint_id: 'text', secret_id: 'bigint' },
  place: secretsContext,
}
