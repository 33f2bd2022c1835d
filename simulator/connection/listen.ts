// Starts a server on 127.0.0.1 and nowhere else.
import type { Server } from 'node:http'

/** Port 0 takes a free one. Returns the port; rejects when it is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`listening on port ${port}: the server has no TCP address`)
  return address.port
}
