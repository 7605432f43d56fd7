//! Tables that are sealed anew.

use super::{MasterKey, SealedRow, SealedTable, reseal_in};
use crate::testing::TestServices;
use sqlx::PgConnection;

struct Toys;

impl SealedTable for Toys {
    type Key = i32;

    async fn rows(conn: &mut PgConnection, after: Option<i32>) -> Result<Vec<SealedRow<i32>>, sqlx::Error> {
        sqlx::query_as("select id, array[one, other] from toys where $1::integer is null or id > $1 order by id limit 2")
            .bind(after)
            .fetch_all(conn)
            .await
    }

    async fn store(conn: &mut PgConnection, key: &i32, sealed: &[Option<Vec<u8>>]) -> Result<(), sqlx::Error> {
        sqlx::query("update toys set one = ($2::bytea[])[1], other = ($2::bytea[])[2] where id = $1").bind(key).bind(sealed).execute(conn).await?;
        Ok(())
    }
}

fn place(id: &i32, column: usize) -> String {
    format!("toy {column}:{id}")
}

#[tokio::test]
async fn every_secret_of_a_table_is_sealed_anew_for_its_own_row_and_column_however_many_there_are() {
    let t = TestServices::new().await;
    let mut conn = t.db.owner().await;
    sqlx::query("create temp table toys (id integer primary key, one bytea not null, other bytea)").execute(&mut conn).await.unwrap();
    let old = MasterKey::new([1; 32]);
    for id in 1..=5 {
        let other = (id % 2 == 0).then(|| old.seal_text(&place(&id, 1), "other").unwrap());
        sqlx::query("insert into toys (id, one, other) values ($1, $2, $3)")
            .bind(id)
            .bind(old.seal_text(&place(&id, 0), "one").unwrap())
            .bind(other)
            .execute(&mut conn)
            .await
            .unwrap();
    }
    let next = MasterKey::new([2; 32]).with_older(vec![[1; 32]]);
    assert_eq!(reseal_in::<Toys>(&next, &mut conn, place).await.unwrap(), 7, "five of the one column, two of the other");
    // The old key is needed no more.
    let alone = MasterKey::new([2; 32]);
    assert_eq!(reseal_in::<Toys>(&alone, &mut conn, place).await.unwrap(), 7);
    for (id, columns) in Toys::rows(&mut conn, Some(3)).await.unwrap() {
        let [one, other] = &columns[..] else { panic!("two columns") };
        assert_eq!(alone.open_text(&place(&id, 0), one.as_ref().unwrap()).unwrap(), "one");
        assert_eq!(other.as_ref().map(|other| alone.open_text(&place(&id, 1), other).unwrap()), (id == 4).then(|| "other".to_owned()));
    }
    // A secret of another place is none of this row's: nothing is taken over that does not open.
    sqlx::query("update toys set other = one where id = 5").execute(&mut conn).await.unwrap();
    assert!(reseal_in::<Toys>(&alone, &mut conn, place).await.is_err());
}
