/* generated: N=3 T=3 P=2 RIGHTS=0 */
byte st[3]; byte sd[3]; byte sc[3]; byte si[3];
byte par[6];
chan q[3] = [2] of { byte };
hidden byte v_s, v_pp, v_op, v_a, v_b, v_x, v_k;
inline deliver(S,D,X) {
  if :: (X)!=0 && (S)!=(D) ->
      v_pp=((X)-1)/3; v_op=((X)-1)%3; v_a=v_pp*3+(S); v_b=v_pp*3+(D);
      if :: par[v_a]!=3 && par[v_b]==3 ->
         if :: v_op==2 -> par[v_b]=par[v_a];
               v_k=0;
               do :: v_k<3 -> if :: par[v_pp*3+v_k]==(S) && v_k!=(D) -> par[v_pp*3+v_k]=(D) :: else fi; v_k++ :: else -> break od;
               par[v_a]=3;
            :: else -> par[v_b]=(S);
         fi
      :: else fi
  :: else fi
}
inline accept(I,S) {
  v_x=si[S]; v_k=0; deliver(S,I,v_x);
  st[S]=(sc[S]==1 -> 2+I : 0); sd[S]=0; sc[S]=0; si[S]=0
}
inline recvany(I) {
  if :: len(q[I])!=0 -> q[I]?v_s; accept(I,v_s); st[I]=0 :: else -> st[I]=1 fi
}
init {
  d_step {
  v_k=0; do :: v_k<6 -> par[v_k]=3; v_k++ :: else -> break od;
  par[0]=4;
  par[3]=4;
  v_k=0; v_s=0; v_pp=0; v_op=0; v_a=0; v_b=0; v_x=0 }
  do
  :: d_step { st[0]==0 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,0); st[1]=0; st[0]=0 :: else -> st[0]=5; sd[0]=1; sc[0]=0; si[0]=0; q[1]!0 fi; skip }
  :: d_step { st[0]==0 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,0); st[1]=0; st[0]=3 :: else -> st[0]=5; sd[0]=1; sc[0]=1; si[0]=0; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && st[1]==2 -> deliver(0,1,0); st[1]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,1); st[1]=0; st[0]=0 :: else -> st[0]=5; sd[0]=1; sc[0]=0; si[0]=1; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,1); st[1]=0; st[0]=3 :: else -> st[0]=5; sd[0]=1; sc[0]=1; si[0]=1; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 && st[1]==2 -> deliver(0,1,1); st[1]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,3); st[1]=0; st[0]=0 :: else -> st[0]=5; sd[0]=1; sc[0]=0; si[0]=3; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,3); st[1]=0; st[0]=3 :: else -> st[0]=5; sd[0]=1; sc[0]=1; si[0]=3; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 && st[1]==2 -> deliver(0,1,3); st[1]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,4); st[1]=0; st[0]=0 :: else -> st[0]=5; sd[0]=1; sc[0]=0; si[0]=4; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,4); st[1]=0; st[0]=3 :: else -> st[0]=5; sd[0]=1; sc[0]=1; si[0]=4; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 && st[1]==2 -> deliver(0,1,4); st[1]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,6); st[1]=0; st[0]=0 :: else -> st[0]=5; sd[0]=1; sc[0]=0; si[0]=6; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[1]==1 || st[1]==2 -> deliver(0,1,6); st[1]=0; st[0]=3 :: else -> st[0]=5; sd[0]=1; sc[0]=1; si[0]=6; q[1]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 && st[1]==2 -> deliver(0,1,6); st[1]=0; recvany(0); skip }
  :: d_step { st[0]==0 -> if :: st[1]==5 && sd[1]==0 -> q[0]??1; accept(0,1) :: else -> st[0]=3 fi; skip }
  :: d_step { st[0]==0 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,0); st[2]=0; st[0]=0 :: else -> st[0]=5; sd[0]=2; sc[0]=0; si[0]=0; q[2]!0 fi; skip }
  :: d_step { st[0]==0 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,0); st[2]=0; st[0]=4 :: else -> st[0]=5; sd[0]=2; sc[0]=1; si[0]=0; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && st[2]==2 -> deliver(0,2,0); st[2]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,1); st[2]=0; st[0]=0 :: else -> st[0]=5; sd[0]=2; sc[0]=0; si[0]=1; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,1); st[2]=0; st[0]=4 :: else -> st[0]=5; sd[0]=2; sc[0]=1; si[0]=1; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 && st[2]==2 -> deliver(0,2,1); st[2]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,3); st[2]=0; st[0]=0 :: else -> st[0]=5; sd[0]=2; sc[0]=0; si[0]=3; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,3); st[2]=0; st[0]=4 :: else -> st[0]=5; sd[0]=2; sc[0]=1; si[0]=3; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 && st[2]==2 -> deliver(0,2,3); st[2]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,4); st[2]=0; st[0]=0 :: else -> st[0]=5; sd[0]=2; sc[0]=0; si[0]=4; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,4); st[2]=0; st[0]=4 :: else -> st[0]=5; sd[0]=2; sc[0]=1; si[0]=4; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 && st[2]==2 -> deliver(0,2,4); st[2]=0; recvany(0); skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,6); st[2]=0; st[0]=0 :: else -> st[0]=5; sd[0]=2; sc[0]=0; si[0]=6; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: st[2]==1 || st[2]==2 -> deliver(0,2,6); st[2]=0; st[0]=4 :: else -> st[0]=5; sd[0]=2; sc[0]=1; si[0]=6; q[2]!0 fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 && st[2]==2 -> deliver(0,2,6); st[2]=0; recvany(0); skip }
  :: d_step { st[0]==0 -> if :: st[2]==5 && sd[2]==0 -> q[0]??2; accept(0,2) :: else -> st[0]=4 fi; skip }
  :: d_step { st[0]==0 -> recvany(0); skip }
  :: d_step { st[0]!=0 -> if :: st[0]==5 -> q[sd[0]]??0; sd[0]=0; sc[0]=0; si[0]=0 :: else fi; st[0]=0; skip }
  :: d_step { st[0]==0 && par[0]!=3 -> if :: par[1]==0 -> par[1]=5 :: else fi; if :: par[2]==0 -> par[2]=5 :: else fi; if :: par[1]==2 && par[2]==5 -> par[1]=5 :: else fi; if :: par[2]==1 && par[1]==5 -> par[2]=5 :: else fi; if :: par[1]==5 -> par[1]=3; skip :: else fi; if :: par[2]==5 -> par[2]=3; skip :: else fi; skip }
  :: d_step { st[0]==0 && par[0]!=3 && par[0]!=4 -> if :: par[1]==0 -> par[1]=5 :: else fi; if :: par[2]==0 -> par[2]=5 :: else fi; if :: par[1]==2 && par[2]==5 -> par[1]=5 :: else fi; if :: par[2]==1 && par[1]==5 -> par[2]=5 :: else fi; if :: par[1]==5 -> par[1]=3; skip :: else fi; if :: par[2]==5 -> par[2]=3; skip :: else fi; par[0]=3; skip }
  :: d_step { st[0]==0 && par[3]!=3 -> if :: par[4]==0 -> par[4]=5 :: else fi; if :: par[5]==0 -> par[5]=5 :: else fi; if :: par[4]==2 && par[5]==5 -> par[4]=5 :: else fi; if :: par[5]==1 && par[4]==5 -> par[5]=5 :: else fi; if :: par[4]==5 -> par[4]=3; skip :: else fi; if :: par[5]==5 -> par[5]=3; skip :: else fi; skip }
  :: d_step { st[0]==0 && par[3]!=3 && par[3]!=4 -> if :: par[4]==0 -> par[4]=5 :: else fi; if :: par[5]==0 -> par[5]=5 :: else fi; if :: par[4]==2 && par[5]==5 -> par[4]=5 :: else fi; if :: par[5]==1 && par[4]==5 -> par[5]=5 :: else fi; if :: par[4]==5 -> par[4]=3; skip :: else fi; if :: par[5]==5 -> par[5]=3; skip :: else fi; par[3]=3; skip }
  :: d_step { st[1]==0 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,0); st[0]=0; st[1]=0 :: else -> st[1]=5; sd[1]=0; sc[1]=0; si[1]=0; q[0]!1 fi; skip }
  :: d_step { st[1]==0 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,0); st[0]=0; st[1]=2 :: else -> st[1]=5; sd[1]=0; sc[1]=1; si[1]=0; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && st[0]==3 -> deliver(1,0,0); st[0]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,1); st[0]=0; st[1]=0 :: else -> st[1]=5; sd[1]=0; sc[1]=0; si[1]=1; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,1); st[0]=0; st[1]=2 :: else -> st[1]=5; sd[1]=0; sc[1]=1; si[1]=1; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 && st[0]==3 -> deliver(1,0,1); st[0]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,3); st[0]=0; st[1]=0 :: else -> st[1]=5; sd[1]=0; sc[1]=0; si[1]=3; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,3); st[0]=0; st[1]=2 :: else -> st[1]=5; sd[1]=0; sc[1]=1; si[1]=3; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 && st[0]==3 -> deliver(1,0,3); st[0]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,4); st[0]=0; st[1]=0 :: else -> st[1]=5; sd[1]=0; sc[1]=0; si[1]=4; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,4); st[0]=0; st[1]=2 :: else -> st[1]=5; sd[1]=0; sc[1]=1; si[1]=4; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 && st[0]==3 -> deliver(1,0,4); st[0]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,6); st[0]=0; st[1]=0 :: else -> st[1]=5; sd[1]=0; sc[1]=0; si[1]=6; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[0]==1 || st[0]==3 -> deliver(1,0,6); st[0]=0; st[1]=2 :: else -> st[1]=5; sd[1]=0; sc[1]=1; si[1]=6; q[0]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 && st[0]==3 -> deliver(1,0,6); st[0]=0; recvany(1); skip }
  :: d_step { st[1]==0 -> if :: st[0]==5 && sd[0]==1 -> q[1]??0; accept(1,0) :: else -> st[1]=2 fi; skip }
  :: d_step { st[1]==0 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,0); st[2]=0; st[1]=0 :: else -> st[1]=5; sd[1]=2; sc[1]=0; si[1]=0; q[2]!1 fi; skip }
  :: d_step { st[1]==0 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,0); st[2]=0; st[1]=4 :: else -> st[1]=5; sd[1]=2; sc[1]=1; si[1]=0; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && st[2]==3 -> deliver(1,2,0); st[2]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,1); st[2]=0; st[1]=0 :: else -> st[1]=5; sd[1]=2; sc[1]=0; si[1]=1; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,1); st[2]=0; st[1]=4 :: else -> st[1]=5; sd[1]=2; sc[1]=1; si[1]=1; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 && st[2]==3 -> deliver(1,2,1); st[2]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,3); st[2]=0; st[1]=0 :: else -> st[1]=5; sd[1]=2; sc[1]=0; si[1]=3; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,3); st[2]=0; st[1]=4 :: else -> st[1]=5; sd[1]=2; sc[1]=1; si[1]=3; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 && st[2]==3 -> deliver(1,2,3); st[2]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,4); st[2]=0; st[1]=0 :: else -> st[1]=5; sd[1]=2; sc[1]=0; si[1]=4; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,4); st[2]=0; st[1]=4 :: else -> st[1]=5; sd[1]=2; sc[1]=1; si[1]=4; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 && st[2]==3 -> deliver(1,2,4); st[2]=0; recvany(1); skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,6); st[2]=0; st[1]=0 :: else -> st[1]=5; sd[1]=2; sc[1]=0; si[1]=6; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: st[2]==1 || st[2]==3 -> deliver(1,2,6); st[2]=0; st[1]=4 :: else -> st[1]=5; sd[1]=2; sc[1]=1; si[1]=6; q[2]!1 fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 && st[2]==3 -> deliver(1,2,6); st[2]=0; recvany(1); skip }
  :: d_step { st[1]==0 -> if :: st[2]==5 && sd[2]==1 -> q[1]??2; accept(1,2) :: else -> st[1]=4 fi; skip }
  :: d_step { st[1]==0 -> recvany(1); skip }
  :: d_step { st[1]!=0 -> if :: st[1]==5 -> q[sd[1]]??1; sd[1]=0; sc[1]=0; si[1]=0 :: else fi; st[1]=0; skip }
  :: d_step { st[1]==0 && par[1]!=3 -> if :: par[0]==1 -> par[0]=5 :: else fi; if :: par[2]==1 -> par[2]=5 :: else fi; if :: par[0]==2 && par[2]==5 -> par[0]=5 :: else fi; if :: par[2]==0 && par[0]==5 -> par[2]=5 :: else fi; if :: par[0]==5 -> par[0]=3; skip :: else fi; if :: par[2]==5 -> par[2]=3; skip :: else fi; skip }
  :: d_step { st[1]==0 && par[1]!=3 && par[1]!=4 -> if :: par[0]==1 -> par[0]=5 :: else fi; if :: par[2]==1 -> par[2]=5 :: else fi; if :: par[0]==2 && par[2]==5 -> par[0]=5 :: else fi; if :: par[2]==0 && par[0]==5 -> par[2]=5 :: else fi; if :: par[0]==5 -> par[0]=3; skip :: else fi; if :: par[2]==5 -> par[2]=3; skip :: else fi; par[1]=3; skip }
  :: d_step { st[1]==0 && par[4]!=3 -> if :: par[3]==1 -> par[3]=5 :: else fi; if :: par[5]==1 -> par[5]=5 :: else fi; if :: par[3]==2 && par[5]==5 -> par[3]=5 :: else fi; if :: par[5]==0 && par[3]==5 -> par[5]=5 :: else fi; if :: par[3]==5 -> par[3]=3; skip :: else fi; if :: par[5]==5 -> par[5]=3; skip :: else fi; skip }
  :: d_step { st[1]==0 && par[4]!=3 && par[4]!=4 -> if :: par[3]==1 -> par[3]=5 :: else fi; if :: par[5]==1 -> par[5]=5 :: else fi; if :: par[3]==2 && par[5]==5 -> par[3]=5 :: else fi; if :: par[5]==0 && par[3]==5 -> par[5]=5 :: else fi; if :: par[3]==5 -> par[3]=3; skip :: else fi; if :: par[5]==5 -> par[5]=3; skip :: else fi; par[4]=3; skip }
  :: d_step { st[2]==0 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,0); st[0]=0; st[2]=0 :: else -> st[2]=5; sd[2]=0; sc[2]=0; si[2]=0; q[0]!2 fi; skip }
  :: d_step { st[2]==0 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,0); st[0]=0; st[2]=2 :: else -> st[2]=5; sd[2]=0; sc[2]=1; si[2]=0; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && st[0]==4 -> deliver(2,0,0); st[0]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,1); st[0]=0; st[2]=0 :: else -> st[2]=5; sd[2]=0; sc[2]=0; si[2]=1; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,1); st[0]=0; st[2]=2 :: else -> st[2]=5; sd[2]=0; sc[2]=1; si[2]=1; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 && st[0]==4 -> deliver(2,0,1); st[0]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,3); st[0]=0; st[2]=0 :: else -> st[2]=5; sd[2]=0; sc[2]=0; si[2]=3; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,3); st[0]=0; st[2]=2 :: else -> st[2]=5; sd[2]=0; sc[2]=1; si[2]=3; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 && st[0]==4 -> deliver(2,0,3); st[0]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,4); st[0]=0; st[2]=0 :: else -> st[2]=5; sd[2]=0; sc[2]=0; si[2]=4; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,4); st[0]=0; st[2]=2 :: else -> st[2]=5; sd[2]=0; sc[2]=1; si[2]=4; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 && st[0]==4 -> deliver(2,0,4); st[0]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,6); st[0]=0; st[2]=0 :: else -> st[2]=5; sd[2]=0; sc[2]=0; si[2]=6; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[0]==1 || st[0]==4 -> deliver(2,0,6); st[0]=0; st[2]=2 :: else -> st[2]=5; sd[2]=0; sc[2]=1; si[2]=6; q[0]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 && st[0]==4 -> deliver(2,0,6); st[0]=0; recvany(2); skip }
  :: d_step { st[2]==0 -> if :: st[0]==5 && sd[0]==2 -> q[2]??0; accept(2,0) :: else -> st[2]=2 fi; skip }
  :: d_step { st[2]==0 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,0); st[1]=0; st[2]=0 :: else -> st[2]=5; sd[2]=1; sc[2]=0; si[2]=0; q[1]!2 fi; skip }
  :: d_step { st[2]==0 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,0); st[1]=0; st[2]=3 :: else -> st[2]=5; sd[2]=1; sc[2]=1; si[2]=0; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && st[1]==4 -> deliver(2,1,0); st[1]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,1); st[1]=0; st[2]=0 :: else -> st[2]=5; sd[2]=1; sc[2]=0; si[2]=1; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,1); st[1]=0; st[2]=3 :: else -> st[2]=5; sd[2]=1; sc[2]=1; si[2]=1; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 && st[1]==4 -> deliver(2,1,1); st[1]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,3); st[1]=0; st[2]=0 :: else -> st[2]=5; sd[2]=1; sc[2]=0; si[2]=3; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,3); st[1]=0; st[2]=3 :: else -> st[2]=5; sd[2]=1; sc[2]=1; si[2]=3; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 && st[1]==4 -> deliver(2,1,3); st[1]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,4); st[1]=0; st[2]=0 :: else -> st[2]=5; sd[2]=1; sc[2]=0; si[2]=4; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,4); st[1]=0; st[2]=3 :: else -> st[2]=5; sd[2]=1; sc[2]=1; si[2]=4; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 && st[1]==4 -> deliver(2,1,4); st[1]=0; recvany(2); skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,6); st[1]=0; st[2]=0 :: else -> st[2]=5; sd[2]=1; sc[2]=0; si[2]=6; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: st[1]==1 || st[1]==4 -> deliver(2,1,6); st[1]=0; st[2]=3 :: else -> st[2]=5; sd[2]=1; sc[2]=1; si[2]=6; q[1]!2 fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 && st[1]==4 -> deliver(2,1,6); st[1]=0; recvany(2); skip }
  :: d_step { st[2]==0 -> if :: st[1]==5 && sd[1]==2 -> q[2]??1; accept(2,1) :: else -> st[2]=3 fi; skip }
  :: d_step { st[2]==0 -> recvany(2); skip }
  :: d_step { st[2]!=0 -> if :: st[2]==5 -> q[sd[2]]??2; sd[2]=0; sc[2]=0; si[2]=0 :: else fi; st[2]=0; skip }
  :: d_step { st[2]==0 && par[2]!=3 -> if :: par[0]==2 -> par[0]=5 :: else fi; if :: par[1]==2 -> par[1]=5 :: else fi; if :: par[0]==1 && par[1]==5 -> par[0]=5 :: else fi; if :: par[1]==0 && par[0]==5 -> par[1]=5 :: else fi; if :: par[0]==5 -> par[0]=3; skip :: else fi; if :: par[1]==5 -> par[1]=3; skip :: else fi; skip }
  :: d_step { st[2]==0 && par[2]!=3 && par[2]!=4 -> if :: par[0]==2 -> par[0]=5 :: else fi; if :: par[1]==2 -> par[1]=5 :: else fi; if :: par[0]==1 && par[1]==5 -> par[0]=5 :: else fi; if :: par[1]==0 && par[0]==5 -> par[1]=5 :: else fi; if :: par[0]==5 -> par[0]=3; skip :: else fi; if :: par[1]==5 -> par[1]=3; skip :: else fi; par[2]=3; skip }
  :: d_step { st[2]==0 && par[5]!=3 -> if :: par[3]==2 -> par[3]=5 :: else fi; if :: par[4]==2 -> par[4]=5 :: else fi; if :: par[3]==1 && par[4]==5 -> par[3]=5 :: else fi; if :: par[4]==0 && par[3]==5 -> par[4]=5 :: else fi; if :: par[3]==5 -> par[3]=3; skip :: else fi; if :: par[4]==5 -> par[4]=3; skip :: else fi; skip }
  :: d_step { st[2]==0 && par[5]!=3 && par[5]!=4 -> if :: par[3]==2 -> par[3]=5 :: else fi; if :: par[4]==2 -> par[4]=5 :: else fi; if :: par[3]==1 && par[4]==5 -> par[3]=5 :: else fi; if :: par[4]==0 && par[3]==5 -> par[4]=5 :: else fi; if :: par[3]==5 -> par[3]=3; skip :: else fi; if :: par[4]==5 -> par[4]=3; skip :: else fi; par[5]=3; skip }
#ifdef INV
  :: d_step { (((st[1]==5 && sd[1]==0) && !(q[0]??[1]))
     || (st[0]==3 && (st[1]==5 && sd[1]==0))
     || ((st[2]==5 && sd[2]==0) && !(q[0]??[2]))
     || (st[0]==4 && (st[2]==5 && sd[2]==0))
     || (st[0]==1 && len(q[0])!=0)
     || (len(q[0]) != ((st[1]==5 && sd[1]==0)+(st[2]==5 && sd[2]==0)))
     || ((st[0]==5 && sd[0]==1) && !(q[1]??[0]))
     || (st[1]==2 && (st[0]==5 && sd[0]==1))
     || ((st[2]==5 && sd[2]==1) && !(q[1]??[2]))
     || (st[1]==4 && (st[2]==5 && sd[2]==1))
     || (st[1]==1 && len(q[1])!=0)
     || (len(q[1]) != ((st[0]==5 && sd[0]==1)+(st[2]==5 && sd[2]==1)))
     || ((st[0]==5 && sd[0]==2) && !(q[2]??[0]))
     || (st[2]==2 && (st[0]==5 && sd[0]==2))
     || ((st[1]==5 && sd[1]==2) && !(q[2]??[1]))
     || (st[2]==3 && (st[1]==5 && sd[1]==2))
     || (st[2]==1 && len(q[2])!=0)
     || (len(q[2]) != ((st[0]==5 && sd[0]==2)+(st[1]==5 && sd[1]==2)))
     || (((par[0]==4)+(par[1]==4)+(par[2]==4))!=1)
     || (par[0]!=3 && !(par[0]==4 || (par[0]==1 && (par[1]==4 || (par[1]==2 && (par[2]==4)))) || (par[0]==2 && (par[2]==4 || (par[2]==1 && (par[1]==4))))))
     || (par[1]!=3 && !(par[1]==4 || (par[1]==0 && (par[0]==4 || (par[0]==2 && (par[2]==4)))) || (par[1]==2 && (par[2]==4 || (par[2]==0 && (par[0]==4))))))
     || (par[2]!=3 && !(par[2]==4 || (par[2]==0 && (par[0]==4 || (par[0]==1 && (par[1]==4)))) || (par[2]==1 && (par[1]==4 || (par[1]==0 && (par[0]==4))))))
     || (((par[3]==4)+(par[4]==4)+(par[5]==4))!=1)
     || (par[3]!=3 && !(par[3]==4 || (par[3]==1 && (par[4]==4 || (par[4]==2 && (par[5]==4)))) || (par[3]==2 && (par[5]==4 || (par[5]==1 && (par[4]==4))))))
     || (par[4]!=3 && !(par[4]==4 || (par[4]==0 && (par[3]==4 || (par[3]==2 && (par[5]==4)))) || (par[4]==2 && (par[5]==4 || (par[5]==0 && (par[3]==4))))))
     || (par[5]!=3 && !(par[5]==4 || (par[5]==0 && (par[3]==4 || (par[3]==1 && (par[4]==4)))) || (par[5]==1 && (par[4]==4 || (par[4]==0 && (par[3]==4))))))) -> assert(false) }
#endif
  od
}
