// The first segment of its paths: ours are /v1, Meta's begin with v13.0 here.
export const version = ':version(v(?:1[3-9]|[2-9][0-9])(?:[.][0-9])?)'
