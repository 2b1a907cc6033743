/**
 * Two places far apart, as the platform tells of a request that comes from there (`request.cf`).
 */
export const LONDON = {
  country: 'GB',
  city: 'London',
  latitude: '51.50853',
  longitude: '-0.12574',
  asn: 64512,
}
export const TOKYO = {
  country: 'JP',
  city: 'Tokyo',
  latitude: '35.68950',
  longitude: '139.69171',
  asn: 64513,
}
