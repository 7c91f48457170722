// Generated from tagsteer/v1/prove_service.proto


export interface Unproved {
  'switch'?: (string);
  'port'?: (number);
  'why'?: (string);
  /**
   * What a packet would have to have that cannot be made up for a trial.
   */
  'needs'?: (string)[];
}

export interface Unproved__Output {
  'switch': (string);
  'port': (number);
  'why': (string);
  /**
   * What a packet would have to have that cannot be made up for a trial.
   */
  'needs': (string)[];
}
