// What a message is in the log of commands, as it was accepted.
import type { TestApi } from './open-test-api.ts'

/** The body that the command has which an answer names; null: the log has none. */
export async function acceptedAs({ testLog }: Pick<TestApi, 'testLog'>, messageId: unknown): Promise<unknown> {
  const signal = AbortSignal.timeout(10_000)
  for await (const record of testLog.log.read(testLog.topic('commands'), { from: 'first', until: 'end' }, signal)) {
    const event = await testLog.codec.decode(record.value, signal)
    if (event?.type !== 'command.accepted' || event.messageId !== messageId) continue
    const { known: _, ...body } = JSON.parse(event.body)
    return body
  }
  return null
}
