/**
 * Airports with their place, and flights with the minutes their timetable gives from gate to gate. Public facts,
 * rounded: coordinates to a hundredth of a degree, times to five minutes, the shorter direction where the wind
 * makes one. Must never hold a flight that a test of their speed does not find possible.
 */
export interface City {
  readonly name: string
  readonly country: string
  readonly latitude: number
  readonly longitude: number
}

const city = (name: string, country: string, latitude: number, longitude: number): City => ({
  name,
  country,
  latitude,
  longitude,
})

/** By IATA code. */
export const AIRPORTS = {
  AKL: city('Auckland', 'NZ', -37.01, 174.79),
  AMS: city('Amsterdam', 'NL', 52.31, 4.76),
  ARN: city('Stockholm', 'SE', 59.65, 17.92),
  ATH: city('Athens', 'GR', 37.94, 23.95),
  ATL: city('Atlanta', 'US', 33.64, -84.43),
  BCN: city('Barcelona', 'ES', 41.3, 2.08),
  BKK: city('Bangkok', 'TH', 13.69, 100.75),
  BOM: city('Mumbai', 'IN', 19.09, 72.87),
  CDG: city('Paris', 'FR', 49.01, 2.55),
  CPT: city('Cape Town', 'ZA', -33.97, 18.6),
  DEL: city('Delhi', 'IN', 28.56, 77.1),
  DEN: city('Denver', 'US', 39.86, -104.67),
  DFW: city('Dallas', 'US', 32.9, -97.04),
  DUB: city('Dublin', 'IE', 53.42, -6.27),
  DXB: city('Dubai', 'AE', 25.25, 55.36),
  EZE: city('Buenos Aires', 'AR', -34.82, -58.54),
  FCO: city('Rome', 'IT', 41.8, 12.25),
  FRA: city('Frankfurt', 'DE', 50.03, 8.56),
  GRU: city('Sao Paulo', 'BR', -23.43, -46.47),
  HND: city('Tokyo', 'JP', 35.55, 139.78),
  IST: city('Istanbul', 'TR', 41.26, 28.74),
  JFK: city('New York', 'US', 40.64, -73.78),
  JNB: city('Johannesburg', 'ZA', -26.14, 28.25),
  LAX: city('Los Angeles', 'US', 33.94, -118.41),
  LHR: city('London', 'GB', 51.47, -0.45),
  LIS: city('Lisbon', 'PT', 38.77, -9.13),
  MAD: city('Madrid', 'ES', 40.47, -3.56),
  MEL: city('Melbourne', 'AU', -37.67, 144.84),
  MEX: city('Mexico City', 'MX', 19.44, -99.07),
  MUC: city('Munich', 'DE', 48.35, 11.79),
  ORD: city('Chicago', 'US', 41.98, -87.9),
  PER: city('Perth', 'AU', -31.94, 115.97),
  SFO: city('San Francisco', 'US', 37.62, -122.38),
  SIN: city('Singapore', 'SG', 1.36, 103.99),
  SYD: city('Sydney', 'AU', -33.95, 151.18),
  TXL: city('Berlin', 'DE', 52.36, 13.5),
  VIE: city('Vienna', 'AT', 48.11, 16.57),
  WAW: city('Warsaw', 'PL', 52.17, 20.97),
  YYZ: city('Toronto', 'CA', 43.68, -79.63),
  ZRH: city('Zurich', 'CH', 47.46, 8.55),
} as const satisfies Readonly<Record<string, City>>

export type Iata = keyof typeof AIRPORTS

export interface Flight {
  readonly from: Iata
  readonly to: Iata
  /** Gate to gate, as the timetable has it. */
  readonly blockMinutes: number
}

const flight = (from: Iata, to: Iata, blockMinutes: number): Flight => ({ from, to, blockMinutes })

export const FLIGHTS: readonly Flight[] = [
  flight('LHR', 'CDG', 75),
  flight('LHR', 'AMS', 75),
  flight('LHR', 'DUB', 80),
  flight('LHR', 'FRA', 95),
  flight('LHR', 'MAD', 145),
  flight('FRA', 'VIE', 80),
  flight('FRA', 'ZRH', 55),
  flight('MUC', 'FCO', 95),
  flight('CDG', 'BCN', 105),
  flight('AMS', 'ARN', 120),
  flight('ZRH', 'ATH', 160),
  flight('WAW', 'LIS', 245),
  flight('MAD', 'BCN', 75),
  flight('TXL', 'MUC', 70),
  flight('JFK', 'LAX', 370),
  flight('LAX', 'JFK', 320),
  flight('SFO', 'ORD', 255),
  flight('ORD', 'ATL', 115),
  flight('DFW', 'DEN', 135),
  flight('JFK', 'YYZ', 95),
  flight('DFW', 'MEX', 165),
  flight('JFK', 'LHR', 405),
  flight('LHR', 'JFK', 480),
  flight('ORD', 'FRA', 490),
  flight('LAX', 'LHR', 620),
  flight('LHR', 'HND', 815),
  flight('HND', 'SFO', 550),
  flight('LHR', 'SIN', 785),
  flight('SIN', 'SYD', 460),
  flight('SYD', 'MEL', 95),
  flight('PER', 'SYD', 245),
  flight('SYD', 'AKL', 185),
  flight('FRA', 'DEL', 445),
  flight('DEL', 'BOM', 130),
  flight('DXB', 'LHR', 455),
  flight('DXB', 'BOM', 195),
  flight('BKK', 'SIN', 145),
  flight('IST', 'FRA', 190),
  flight('JNB', 'CPT', 130),
  flight('GRU', 'LIS', 590),
  flight('GRU', 'EZE', 175),
]
