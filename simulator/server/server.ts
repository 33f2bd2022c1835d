// WhatsApp's websocket on loopback: each client goes through the handshake, is paired or logged in, and its stanzas are answered in order.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { World } from '../accounts/world.ts'
import { listenOnLoopback } from '../connection/listen.ts'
import { acceptClient } from './accept-client.ts'

export type Server = {
  /** For WHATSAPP_URL. */
  url: string
  /** Cuts every connection. Idempotent. */
  close(): Promise<void>
}

/** Port 0 takes a free one. Rejects when it is taken. */
export async function openServer(world: World, port: number): Promise<Server> {
  const http = createServer((_request, response) => response.writeHead(426).end())
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  http.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, opened => acceptClient(world, opened)),
  )
  const listeningPort = await listenOnLoopback(http, port)

  let closing: Promise<void> | null = null
  async function close(): Promise<void> {
    for (const client of world.clients) client.connection.cut()
    sockets.close()
    http.closeAllConnections()
    await new Promise(resolve => http.close(resolve))
  }
  return {
    url: `ws://127.0.0.1:${listeningPort}/ws/chat`,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
