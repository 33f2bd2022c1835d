// zaplog simulate: a local WhatsApp, and the settings that make zaplog use it.
import { openSimulatorServer } from '../../simulator/control.ts'
import { exitCodes } from './exit-codes.ts'

export async function simulate(options: { port: string; cdnPort: string; controlPort: string }): Promise<void> {
  const ports = { port: Number(options.port), cdnPort: Number(options.cdnPort), controlPort: Number(options.controlPort) }
  for (const [name, port] of Object.entries(ports))
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      process.stderr.write(`${name}: expected a port from 0 to 65535, got ${port}\n`)
      process.exitCode = exitCodes.usage
      return
    }
  const server = await openSimulatorServer(ports)
  process.stdout.write(
    [
      'A local WhatsApp is running. Start zaplog with',
      `  WHATSAPP_URL=${server.url} WHATSAPP_CDN_URL=${server.cdnUrl} npm start`,
      `and control it at ${server.controlUrl}/sim/v1`,
      '',
    ].join('\n'),
  )
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void server.close())
}
