// What a client asks to be sent, completed by what is known of its chat and checked against it.
import type { Transaction } from '../../database/database.ts'
import type { MessageBody } from '../../events/command-bodies.ts'

/** Throws Problem where it cannot be sent. */
export async function completeBody(
  _deps: { database: Transaction },
  _instanceId: string,
  body: MessageBody,
): Promise<MessageBody> {
  return body
}
