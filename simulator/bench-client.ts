// The other half of the simulator's benchmark: a real client in a process of its own, so that its CPU is not counted.
// Started with the simulator's url; tells its parent the QR to scan, then that it is open; ends when the parent does.
import { openBaileysClient } from './baileys-client.ts'

const [, , url] = process.argv
if (url === undefined || process.send === undefined) throw new Error('expected a url, and a parent to report to')
for (const level of ['info', 'warn', 'error'] as const) console[level] = () => undefined // libsignal prints sessions

const client = openBaileysClient(url, undefined, { shouldSyncHistoryMessage: () => false, markOnlineOnConnect: false })
process.once('disconnect', () => process.exit())
process.send({ qr: await client.whenQr() })
await client.waitFor(client.isOpen)
process.send({ isOpen: true })
