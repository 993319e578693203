"""Read a table of PostgreSQL with another tool, or write one, and print the seconds.

    databases.py adbc|connectorx|pandas read URL
    databases.py adbc write URL

Reading gives a table in memory; writing takes a table that is in memory already.
"""

import sys
import time

tool, way, url = sys.argv[1:]

if tool == "adbc":
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        begun = time.time()
        cursor.execute("select * from orders")
        table = cursor.fetch_arrow_table()
        took = time.time() - begun
        if way == "write":
            with connection.cursor() as other:
                other.execute("delete from taken")
            connection.commit()
            price = table.schema.get_field_index("price")  # which it reads as a text
            table = table.set_column(price, "price", table.column(price).cast("string").cast("float64"))
            begun = time.time()
            cursor.adbc_ingest("taken", table, mode="append")
            connection.commit()
            took = time.time() - begun
elif tool == "connectorx":
    import connectorx

    begun = time.time()
    table = connectorx.read_sql(url, "select * from orders", partition_on="id", partition_num=2, return_type="arrow")
    took = time.time() - begun
else:
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgres://", "postgresql+psycopg2://"))
    begun = time.time()
    table = pandas.read_sql("select * from orders", engine)
    took = time.time() - begun
print(took)
