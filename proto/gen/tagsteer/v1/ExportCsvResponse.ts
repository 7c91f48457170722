// Generated from tagsteer/v1/ipam_service.proto


export interface ExportCsvResponse {
  'csv'?: (string);
  'lines'?: (number);
}

export interface ExportCsvResponse__Output {
  'csv': (string);
  'lines': (number);
}
