/**
 * Tags as condition keys.
 *
 * @param prefix - such as `aws:RequestTag`
 */
export const tagConditionKeys = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]))
