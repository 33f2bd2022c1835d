// Which files are pictures: those sent as one whose bytes are a picture's.

export const isPicture = (kind: string, mimetype: string): boolean =>
  (kind === 'image' || kind === 'sticker') && pictureTypes.has(mimetype)

const pictureTypes: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/tiff',
  'image/avif',
  'image/heic',
  'image/heif',
])
