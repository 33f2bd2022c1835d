// An option that is a list: by commas, by saying it again, or by words one after another.

/** For commander. */
export const commaList = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== ''),
]
