// Which settings mend what Postgres or its driver refuses, by SQLSTATE, by TLS and by what the driver says without a code.
import type { Mend } from '../runtime/coded-error.ts'
import { isTlsMismatch } from '../runtime/tls-errors.ts'

/** Exact states first, then their classes. */
const bySqlState: Readonly<Record<string, Mend>> = {
  '28': { settings: ['DATABASE_URL'], expected: 'DATABASE_URL to have a user and a password that it lets in' },
  '3D000': { settings: ['DATABASE_URL'], expected: 'the database that DATABASE_URL names to be there' },
  '42501': {
    settings: ['DATABASE_URL'],
    expected: 'the user of DATABASE_URL to own the tables and the schema, and to have CREATE on the database',
  },
}
const tls: Mend = {
  settings: ['DATABASE_URL', 'DATABASE_SSL_CA'],
  expected:
    'TLS as sslmode in DATABASE_URL says, and a certificate for its host that DATABASE_SSL_CA (unset: this machine) vouches for',
}

/** Node gives TLS that does not fit a code; Postgres and node-postgres speak of it in words alone. */
const aboutTls = /certificate|SSL connections?/
/** What node-postgres says of credentials, without a code. */
const aboutCredentials = /SASL|SCRAM|password/

/** `sqlState` and `driverCode` of the failure, where it has them. */
export function mendOf({
  sqlState,
  driverCode,
  text,
}: {
  sqlState: string | null
  driverCode: string | null
  text: string
}): Mend {
  if (aboutTls.test(text) || (driverCode !== null && isTlsMismatch(driverCode))) return tls
  if (sqlState !== null) return bySqlState[sqlState] ?? bySqlState[sqlState.slice(0, 2)] ?? {}
  return aboutCredentials.test(text) ? (bySqlState['28'] ?? {}) : {}
}
