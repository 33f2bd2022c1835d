// Which hosts take files for an account, and with which word: asked for through its socket, and again once that is old or not believed any more
// (Baileys, Socket/messages-send.js, refreshMediaConn).
export type MediaHosts = { auth: string; hosts: readonly string[]; ttlSeconds: number }
export type MediaConnection = {
  /** Rejects where WhatsApp does not say. */
  current(): Promise<MediaHosts>
  /** Asks anew, unless that was done since `refused` was answered. */
  renewed(refused: MediaHosts): Promise<MediaHosts>
}

export function createMediaConnection(ask: () => Promise<MediaHosts>, clock: () => number): MediaConnection {
  let known: { hosts: Promise<MediaHosts>; askedAt: number } | null = null

  function askAnew(): Promise<MediaHosts> {
    const asked = { hosts: ask(), askedAt: clock() }
    known = asked
    // Whoever waits for it is told; the next one asks again.
    asked.hosts.catch(() => {
      if (known === asked) known = null
    })
    return asked.hosts
  }

  async function current(): Promise<MediaHosts> {
    if (known === null) return askAnew()
    const { hosts, askedAt } = known
    const said = await hosts
    return clock() - askedAt < said.ttlSeconds * 1000 ? said : askAnew()
  }

  return {
    current,
    renewed: async refused => {
      const said = await current()
      return said === refused ? askAnew() : said
    },
  }
}
