// The pending QR code as a picture file, written anew for each code, readable by its owner only, and gone when the wait is over.
import { rmSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { describeError } from '../runtime/logger.ts'
import { writeDurably } from '../runtime/write-durably.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodeOf } from './exit-codes.ts'
import type { QrScreen } from './qr-screen.ts'
import { plainText } from './text-table.ts'

/** For commander. */
export function parsePicture(file: string): string {
  if (!/[^/]\.(png|svg)$/i.test(file)) throw new InvalidArgumentError('Expected a file whose name ends in .png or .svg.')
  return file
}

/** Its codes reject CallFailed where the file cannot be written. */
export function openQrPicture(file: string, say: (line: string) => void): QrScreen {
  let [isWritten, isOver] = [false, false]
  const remove = () => rmSync(file, { force: true })
  return {
    code: async ({ qr, expiresAt }) => {
      try {
        await writeDurably(file, await pictureOf(file, qr))
      } catch (error) {
        throw new CallFailed(`writing the QR code to ${file}: ${describeError(error)}`, {
          exitCode: exitCodeOf(error),
          cause: error,
        })
      }
      if (isOver) return remove() // it was closed while the file was being written
      isWritten = true
      say(`${file} has the QR code to scan, valid until ${plainText(expiresAt)}; it is written anew when another one comes`)
    },
    state: say,
    close: () => {
      isOver = true
      if (isWritten) remove()
    },
  }
}

async function pictureOf(file: string, qr: string): Promise<string | Buffer> {
  const { toBuffer, toString: toText } = await import('qrcode')
  return /\.svg$/i.test(file) ? toText(qr, { type: 'svg' }) : toBuffer(qr, { type: 'png', width: 400 })
}
