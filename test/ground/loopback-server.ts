// HTTP servers of one test on 127.0.0.1, gone with it.
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../simulator/connection/listen.ts'

/** `url` is without a path, e.g. http://127.0.0.1:35401. */
export async function openLoopbackServer(
  answer: RequestListener,
  options: ServerOptions = {},
): Promise<{ url: string; server: Server }> {
  const server = createServer(options, answer)
  const port = await listenOnLoopback(server, 0)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${port}`, server }
}

/** For openLoopbackServer: every request is answered alike. */
export const alwaysAnswer =
  (status: number, body = ''): RequestListener =>
  (request, response) => {
    request.resume()
    response.writeHead(status).end(body)
  }
