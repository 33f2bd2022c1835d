// A picture of an account or a group, as WhatsApp's apps give it.
import { z } from 'zod'
import { jpegSize } from './jpeg-size.ts'

const maxPictureSide = 640
/** One grey pixel, for the description of calls. */
export const examplePicture = [
  '/9j/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAAL',
  'CAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z',
].join('')
/** In base64 a body of the API has room for it. */
const maxCharacters = 250_000

export const picture = z
  .string()
  .max(maxCharacters, { abort: true })
  .refine(isPicture, { error: `expected a JPEG of at most ${maxPictureSide} by ${maxPictureSide} pixels, in base64` })
  .describe(`a JPEG of at most ${maxPictureSide} by ${maxPictureSide} pixels, in base64: at most ${maxCharacters} characters`)

function isPicture(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  const size = bytes.toString('base64') === text ? jpegSize(bytes) : null
  return size !== null && [size.width, size.height].every(side => side > 0 && side <= maxPictureSide)
}
