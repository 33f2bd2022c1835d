// The schema registry port: schemas and their ids, the same on every adapter and for ever.
import { CodedError, type Known } from '../runtime/coded-error.ts'

/** An Avro schema as its JSON text; the subject is its full record name (RecordNameStrategy). */
export type AvroSchema = { subject: string; text: string }

export type SchemaRegistry = {
  /** The id of this very schema under its subject, registering it where that is allowed. Equal schema, equal id. */
  idOf(schema: AvroSchema, signal: AbortSignal): Promise<number>
  /** null: the registry says there is none. Unreachable rejects, retryable. */
  schemaOf(id: number, signal: AbortSignal): Promise<AvroSchema | null>
}

/** misconfigured: TLS does not fit, or it is no registry. Retryable like unreachable: whoever runs it may mend it as well as our settings. */
export type RegistryErrorCode = 'unreachable' | 'incompatible' | 'denied' | 'aborted' | 'misconfigured'

export class RegistryError extends CodedError<RegistryErrorCode> {
  override name = 'RegistryError'
  readonly port = 'registry'
  constructor(code: RegistryErrorCode, message: string, known: Known = {}) {
    super({ code, message, retryable: code === 'unreachable' || code === 'misconfigured', ...known })
  }
}
