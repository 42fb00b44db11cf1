"""An HTTP service over the library (extra `[serve]`): stations in, fields out, no state on disk.

settings     what a service is started with
posted       the body of a request as station files
asked        what a request asks for
fused        from posted files to fields and their summary
shelf        the latest fields, in memory
computing    one computation at a time, a bounded queue, equal requests shared
shown        fields as netCDF, CSV, picture, values at a place
tiles        fields as map tiles
metrics      counts and times for Prometheus
observed     a line and a count for each request
description  the description of the service (OpenAPI)
answers      what each address answers
application  addresses, errors, and what is around them
server       a service in this process, until a signal ends it
"""
