// A part on this machine behind a proxy of its own: the setting that names it, with the proxy's port in place of the part's.
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts'

export type Behind = { proxy: TcpProxy; setting: string }

/** A URL or host:port; what a part says of its own address, as Kafka does, is not changed. */
export async function putBehind(setting: string): Promise<Behind> {
  const [, host = '', port = ''] = /\b(127\.0\.0\.1|localhost):(\d+)/.exec(setting) ?? []
  if (port === '') throw new RangeError(`putting ${setting} behind a proxy: expected it to name a port of this machine`)
  const proxy = await openTcpProxy({ target: { host, port: Number(port) } })
  return { proxy, setting: setting.replace(`${host}:${port}`, `127.0.0.1:${proxy.port}`) }
}
