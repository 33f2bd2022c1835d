// A POST over a connection that is kept, of which it is known when its last byte was written: Node's fetch takes a while until then.
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** `writtenAt`: performance.now(). */
export type Posted = { writtenAt: number }
const agent = new Agent({ keepAlive: true })

/** Resolves once it is answered; rejects where that is no success. */
export async function post(url: URL, { authorization, body }: { authorization: string; body: unknown }): Promise<Posted> {
  const content = JSON.stringify(body)
  const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }
  const asked = request(url, { method: 'POST', agent, headers })
  const written = once(asked, 'finish').then(() => performance.now())
  asked.end(content)
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  if (answer === undefined) throw new Error(`POST ${url.pathname}: expected an answer, got none`)
  const said = await text(answer)
  if (answer.statusCode !== 202) throw new Error(`POST ${url.pathname}: zaplog answered ${answer.statusCode} ${said}`)
  return { writtenAt: await written }
}
